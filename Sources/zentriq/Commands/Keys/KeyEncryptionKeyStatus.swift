import ArgumentParser
import AuditLog
import CanonicalJSON
import EventStore

struct KeyEncryptionKeyStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "The versions, how many keys each wraps, how old they are, and what is due.",
        discussion: "A rotation is due after 90 days; from day 80 on it is told. Exits with 2 when it is overdue.")

    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reportingFailure {
            let status = try await PlatformAccess.reading(withRetention: true) { platform in
                try await KeyRotation.rotator(platform).status(at: WallClock.system.now())
            }
            if json { printCanonical(Self.encode(status)) } else { Self.show(status) }
            if status.isOverdue { throw ExitCode.findings }
        }
    }

    private static func show(_ status: KeyStatus) {
        for version in status.versions {
            var line = "version \(version.version)  \(version.state)"
            if let epoch = version.epoch { line += "  since \(epoch.activatedAt.text)" }
            line += "  fingerprint \(version.fingerprint ?? "-")  wraps \(version.count)"
            let counts = version.counts.map { "\($0.kind) \($0.count)" }
            print(line + (counts.isEmpty ? "" : " (\(counts.joined(separator: ", ")))"))
        }
        if let age = status.ageDays { print("age \(age) days") }
        for line in status.due { print("DUE  \(line)") }
    }

    private static func encode(_ status: KeyStatus) -> JSONObject {
        let versions = status.versions.map { version in
            JSONValue.object([
                "activated_at": version.epoch.map { .string($0.activatedAt.text) } ?? .null,
                "fingerprint": version.fingerprint.map(JSONValue.string) ?? .null, "state": .string(version.state),
                "version": .integer(Int64(version.version)),
                "wraps": .object(
                    JSONObject(version.counts.map { (name: $0.kind, value: JSONValue.string(String($0.count))) })),
            ])
        }
        return [
            "age_days": status.ageDays.map(JSONValue.integer) ?? .null,
            "due": .array(status.due.map(JSONValue.string)), "overdue": .bool(status.isOverdue),
            "versions": .array(versions),
        ]
    }
}

extension KeyStatus.Version {
    /// For people; a version that was never used is `unused`.
    fileprivate var state: String { epoch?.state.rawValue ?? "unused" }
}

import ArgumentParser
import AuditLog
import CanonicalJSON
import Gateway
import Sealing

struct RotateKeyEncryptionKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Let the next version wrap from now on; it is made if it is not there.",
        discussion: """
            The log says so before it wraps anything. Services notice without being started anew, if the version is where \
            they look for it: where several machines have a folder each, make it with generate, copy it, and rotate then. \
            Then: zentriq keys kek rewrap. Interrupted, run it again. Works with the role of retention and the log's key.
            """)

    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reportingFailure {
            let key = try await KeyRotation.writing { try await $0.rotate() }
            guard json else { return print(key.line) }
            printCanonical(["fingerprint": .string(key.fingerprint), "version": .integer(Int64(key.version))])
        }
    }
}

struct RewrapKeys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rewrap", abstract: "Wrap anew, with the version that wraps, what older ones wrapped.",
        discussion: """
            Beside the running service, a page at a time. Interrupted, run it again: what is done is done. No key is ever shown. \
            Exits with 2 if a key did not open, and was left as it is.
            """)

    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reportingFailure {
            let line = ProgressLine("rewrapping", unit: "keys")
            let count = try await KeyRotation.writing { rotator in
                try await rotator.rewrap { line.show($0.done, of: $0.total) }
            }
            line.finish()
            guard json else { return print("\(count) keys were wrapped anew.") }
            printCanonical(["rewrapped": .string(String(count))])
        }
    }
}

struct RetireKeyEncryptionKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retire", abstract: "Destroy a version that wraps nothing any more, where it is kept, for ever.",
        discussion: """
            Backups of the database from before the rewrap can't be opened afterwards: that is what it is for. Copies of the key \
            elsewhere are yours to destroy. Exits with 2, and changes nothing, while keys are wrapped with it.
            """)

    @Argument(help: "The version.") var version: Int32
    @Flag(help: "Only say whether it could be destroyed; change nothing.") var dryRun = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reportingFailure {
            try await KeyRotation.writing { try await $0.retire(version, dryRun: dryRun) }
            guard json else {
                return print("Version \(version) \(dryRun ? "could be" : "was") destroyed.")
            }
            printCanonical(["dry_run": .bool(dryRun), "version": .integer(Int64(version))])
        }
    }
}

enum KeyRotation {
    /// With the log's writer, for commands that the log tells of.
    static func writing<Value>(_ body: (KeyRotator) async throws -> Value) async throws -> Value {
        try await PlatformAccess.writing(withRetention: true) { try await body(rotator($0)) }
    }

    static func rotator(_ platform: Platform) throws -> KeyRotator {
        guard let rotator = platform.keyRotator() else {
            throw Settings.Failure(description: "ZENTRIQ_RETENTION_PASSWORD is not set")
        }
        return rotator
    }
}

import ArgumentParser
import AuditLog
import EventStore
import Foundation
import Retention

struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "The schedule of all retention classes.",
        subcommands: [ShowPolicy.self, DiffPolicy.self, ApplyPolicy.self])
}

/// The file that holds a policy: the shipped one, if none is named.
struct PolicyFile: ParsableArguments {
    @Argument(help: "The file with the policy (default: retention.json beside the migrations).", completion: .file())
    var file: String?

    func read() throws -> RetentionPolicy {
        try file.map(Self.read) ?? Self.shipped()
    }

    static func shipped() throws -> RetentionPolicy {
        try read(Environment.schemaDirectory() + "/retention.json")
    }

    private static func read(_ path: String) throws -> RetentionPolicy {
        try RetentionPolicy(parsing: InputFile.read(path, maximumByteCount: 65_536))
    }
}

struct ShowPolicy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show the policy in force, and since when it is.")

    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reportingFailure {
            let current = try await RetentionAccess.reading { try await PolicyRegister(reader: $0).inForce() }
            guard let current else { return print(json ? "null" : "No policy is in force: nothing is swept.") }
            if json { return print(String(decoding: current.policy.bytes, as: UTF8.self)) }
            print(
                "version \(current.policy.version), at position \(current.position.rawValue), since \(current.since.text)"
            )
            for rule in current.policy.rules {
                print("\(rule.retention.rawValue.padding(toLength: 8, withPad: " ", startingAt: 0)) \(rule.summary)")
            }
        }
    }
}

struct DiffPolicy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Compare a policy with the one in force.",
        discussion: "Exits with 1 if the policy would be refused.")

    @OptionGroup var file: PolicyFile

    func run() async throws {
        try await reportingFailure {
            let policy = try file.read()
            let current = try await RetentionAccess.reading { try await PolicyRegister(reader: $0).inForce() }
            let differences = policy.differences(from: current?.policy)
            for line in differences { print(line) }
            if differences.isEmpty { print("No difference.") }
            let faults = policy.faults(replacing: current?.policy)
            guard faults.isEmpty else { throw RetentionError.refused(faults) }
        }
    }
}

struct ApplyPolicy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Put a policy into force.",
        discussion: "It is an event from then on. What falls below a legal minimum is refused.")

    @OptionGroup var file: PolicyFile

    func run() async throws {
        try await reportingFailure {
            let policy = try file.read()
            try await RetentionAccess.writing { ledger, reader in
                let position = try await PolicyRegister(reader: reader).adopt(
                    policy, with: ledger, by: RetentionAccess.requester)
                print(position.map { "In force from position \($0.rawValue) on." } ?? "It is in force already.")
            }
        }
    }
}

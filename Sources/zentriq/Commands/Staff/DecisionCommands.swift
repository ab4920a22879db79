import ArgumentParser
import AuditLog

struct ApproveAccess: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Approve what the other person asks for. Its time begins now.")

    @OptionGroup var options: DecisionOptions

    func run() async throws {
        try await reportingFailure {
            try await options.carryOut("granted") {
                try await $0.approve(options.access, by: options.by.seat, code: $1)
            }
        }
    }
}

struct DenyAccess: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deny", abstract: "Deny what was asked for, by oneself or the other person.")

    @OptionGroup var options: DecisionOptions

    func run() async throws {
        try await reportingFailure {
            try await options.carryOut("denied") { try await $0.deny(options.access, by: options.by.seat, code: $1) }
        }
    }
}

struct RevokeAccess: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "End an access before its time. The service does it within seconds.")

    @OptionGroup var options: DecisionOptions

    func run() async throws {
        try await reportingFailure {
            try await options.carryOut("revoked") {
                try await $0.revoke(options.access, by: options.by.seat, code: $1)
            }
        }
    }
}

struct ReviewAccess: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "review", abstract: "Say that one has looked at what the other person did alone.")

    @OptionGroup var options: DecisionOptions
    @Option(help: "What one has found.") var finding: String

    func run() async throws {
        try await reportingFailure {
            try await options.carryOut("reviewed") {
                try await $0.review(options.access, finding: finding, by: options.by.seat, code: $1)
            }
        }
    }
}

import ArgumentParser
import AuditLog
import CanonicalJSON
import Foundation
import Gateway

struct StaffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "staff",
        abstract: "Access of two people to the database: for a reason, for a short time, on record.",
        discussion: """
            To be run where the service's keys are. They let nobody in: each step takes a code of whoever takes it, from \
            the terminal or a line of standard input, never as an argument. docs/STAFF_ACCESS.md tells how to go about it.
            """,
        subcommands: [
            ShowRoster.self, EnrolStaff.self, ReplaceStaff.self, RemoveStaff.self, RequestAccess.self,
            ApproveAccess.self, DenyAccess.self, ConnectStaff.self, RevokeAccess.self, ReviewAccess.self,
            ListAccesses.self, ListSessions.self, ReplaySession.self,
        ])

    /// With what grants access, and with a writer of its own beside the service's.
    static func atDesk<Value>(_ body: (AccessDesk) async throws -> Value) async throws -> Value {
        try await PlatformAccess.writing(withAccess: true) { try await body(desk($0)) }
    }

    static func desk(_ platform: Platform) throws -> AccessDesk {
        guard let desk = platform.accessDesk() else {
            throw Settings.Failure(
                description: "ZENTRIQ_ACCESS_PASSWORD is not set; see the table of settings in README.md")
        }
        return desk
    }
}

/// Who takes a step.
struct SeatOptions: ParsableArguments {
    @Option(help: "Who you are: the number of your seat, 1 or 2.") var seat: Int

    func validate() throws {
        guard (1...2).contains(seat) else { throw ValidationError("There are seats 1 and 2.") }
    }
}

/// Which access, and who takes a step about it.
struct DecisionOptions: ParsableArguments {
    @Argument(help: "The access's identifier.", transform: uuidArgument) var access: UUID
    @OptionGroup var by: SeatOptions
    @Flag(help: "Print JSON.") var json = false

    /// Carries it out, and says what came of it.
    func carryOut(
        _ outcome: String, _ body: (AccessDesk, _ code: String) async throws -> Void
    ) async throws {
        let code = try SecretLine.ask("Code of seat \(by.seat)")
        try await StaffCommand.atDesk { try await body($0, code) }
        let id = access.uuidString.lowercased()
        if json {
            printCanonical(["access": .string(id), "state": .string(outcome)])
        } else {
            print("The access \(id) is \(outcome).")
        }
    }
}

import ArgumentParser
import AuditLog
import Billing
import CanonicalJSON
import EventStore
import Foundation

struct RequestAccess: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "request", abstract: "Ask for access to the database.",
        discussion: """
            The other person approves it. With --break-glass it is granted at once, for at most 15 minutes, loudly, and the \
            other person has to review it. Prints the access's identifier.
            """)

    @OptionGroup var by: SeatOptions
    @Option(help: "Why. Customers whom it concerns read it, so name nobody.") var reason: String
    @Option(help: "Where more is told, such as the number of a case.") var ticket: String
    @Option(help: "tables, tenant, read-only or read-write.", transform: wordArgument) var scope: AccessScope.Name
    @Option(help: "With --scope tables: one of them. May be repeated.") var table: [String] = []
    @Option(help: "With --scope tenant: the customer.", transform: uuidArgument) var tenant: UUID?
    @Option(help: "For how long: 1 to 60.") var minutes: Int
    @Flag(help: "Nobody is there to approve it.") var breakGlass = false
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard AccessScope(scope, tables: table, tenant: tenant.map(TenantID.init)) != nil else {
            throw ValidationError("--scope tables needs --table, --scope tenant needs --tenant, and nothing else does.")
        }
    }

    func run() async throws {
        try await reportingFailure {
            guard let scope = AccessScope(scope, tables: table, tenant: tenant.map(TenantID.init)) else { return }
            let request = try AccessRequest(
                scope: scope, reason: reason, ticket: ticket, minutes: minutes, isBreakGlass: breakGlass)
            let code = try SecretLine.ask("Code of seat \(by.seat)")
            let id = try await StaffCommand.atDesk { try await $0.request(request, by: by.seat, code: code) }
            if breakGlass {
                FileHandle.standardError.write(
                    Data("zentriq: break-glass: this is on record, and the other person has to review it\n".utf8))
            }
            if json {
                let state = breakGlass ? "granted" : "requested"
                printCanonical(["access": .string(id.lowercaseText), "state": .string(state)])
            } else {
                print(id.lowercaseText)
            }
        }
    }
}

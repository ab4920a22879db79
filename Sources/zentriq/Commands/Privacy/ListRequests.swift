import ArgumentParser
import CanonicalJSON
import EventStore
import Foundation
import Gateway
import Projections

struct ListRequests: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List what people asked, newest first.",
        discussion: "Exits with 2 if a request that is listed is overdue.")

    @Option(help: "Only those that are open, or overdue.", transform: wordArgument)
    var state: RequestRegister.Filter?
    @Option(help: "Only those of this tenant.", transform: uuidArgument) var tenant: UUID?
    @Option(help: "At most so many.") var limit = 100
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard (1...10_000).contains(limit) else { throw ValidationError("--limit is from 1 to 10000.") }
    }

    func run() async throws {
        try await reportingFailure {
            let now = WallClock.system.now()
            let entries = try await PlatformAccess.reading { platform in
                try await platform.requests.entries(state, of: tenant.map(TenantID.init), now: now, limit: limit)
            }
            if json {
                let items = entries.map { JSONValue.object($0.object(now: now)) }
                printCanonical(.array(items))
            } else {
                for entry in entries { print(Self.line(entry.object(now: now))) }
            }
            if entries.contains(where: { $0.isOverdue(at: now) }) { throw ExitCode.findings }
        }
    }

    private static func line(_ entry: JSONObject) -> String {
        ["request", "state", "kind", "due", "tenant_id", "subject", "channel"]
            .map { entry[$0]?.stringValue ?? "-" }.joined(separator: "  ")
    }
}

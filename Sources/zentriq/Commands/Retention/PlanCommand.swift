import ArgumentParser
import AuditLog
import CanonicalJSON
import EventStore
import Gateway
import Postgres
import Retention

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "What is due, when and how much, by class and tenant; and the holds.")

    @Option(help: "The last day to look at, such as 2026-12-31 (default: in 30 days).", transform: dayArgument)
    var until: CivilDay?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reportingFailure {
            let now = WallClock.system.now()
            let pool = try Environment.pool(.gateway)
            let entries = try await RetentionSchedule(log: LogID(1), pool: pool).entries(
                now: now, until: until ?? CivilDay(of: now).adding(days: 30))
            await pool.close()
            let holds = try await RetentionAccess.reading { try await HoldRegister(reader: $0).all() }.entries
                .filter { $0.isInForce(at: now) }
            if json {
                let object: JSONObject = [
                    "holds": .array(holds.map { .object($0.hold.object) }),
                    "items": .array(entries.map { .object($0.object) }),
                ]
                return printCanonical(object)
            }
            for entry in entries {
                print(
                    "\(entry.dueOn.text)  \(entry.retention.rawValue)  \(entry.tenant.rawValue.lowercaseText)  "
                        + "\(entry.count)\(entry.held > 0 ? ", of which \(entry.held) are held" : "")")
            }
            if entries.isEmpty { print("Nothing becomes due.") }
            for entry in holds { print("HOLD  \(entry.hold.id.lowercaseText)  \(entry.hold.reason)") }
        }
    }
}

import ArgumentParser
import AuditLog
import CanonicalJSON
import EventStore
import Gateway
import Postgres
import Retention

struct SweepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep", abstract: "Destroy what is due, with certificates; the service does so daily by itself.",
        discussion: """
            Can be interrupted at any point and run again: what is done is done, and a second run finds nothing. Runs \
            with the role of retention and the log's key. Exits with 1 if somebody else is sweeping.
            """)

    @Option(name: .customLong("class"), help: "Only this class.", transform: classArgument)
    var retention: RetentionClass?
    @Option(help: "Only what was recorded before this day, such as 2026-05-01.", transform: dayArgument)
    var until: CivilDay?
    @Flag(help: "Only tell what would go; change nothing.") var dryRun = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reportingFailure {
            let classes = retention.map { [$0] } ?? RetentionClass.allCases
            var counts: [(RetentionClass, Int64)]
            if dryRun {
                counts = try await due(among: classes)
            } else {
                let line = ProgressLine("sweeping", unit: "events")
                let total = try await due(among: classes).reduce(0) { $0 + $1.1 }
                let report = try await RetentionAccess.sweeper().run(classes, before: until?.start) {
                    line.show($0.erased, of: max(total, $0.erased))
                }
                line.finish()
                counts = report.erased.map { ($0.key, $0.value) }
            }
            counts.sort { $0.0.rawValue < $1.0.rawValue }
            if json {
                let members = counts.map { (name: $0.0.rawValue, value: JSONValue.string(String($0.1))) }
                let object: JSONObject = ["dry_run": .bool(dryRun), "events": .object(JSONObject(members))]
                return print(String(decoding: JSONValue.object(object).canonicalBytes(), as: UTF8.self))
            }
            for (retention, count) in counts {
                print("\(retention.rawValue)  \(count)\(dryRun ? " would go" : " went")")
            }
            if counts.isEmpty { print("Nothing is due.") }
        }
    }

    private func due(among classes: [RetentionClass]) async throws -> [(RetentionClass, Int64)] {
        let pool = try Environment.pool(.retention)
        let now = WallClock.system.now()
        let today = CivilDay(of: now)
        let entries = try await RetentionSchedule(log: LogID(1), pool: pool).entries(now: now, until: today)
        await pool.close()
        var counts: [RetentionClass: Int64] = [:]
        for entry in entries where classes.contains(entry.retention) && entry.count > entry.held {
            counts[entry.retention, default: 0] += entry.count - entry.held
        }
        return counts.map { ($0.key, $0.value) }
    }
}

import ArgumentParser
import AuditLog
import CanonicalJSON
import EventStore
import Gateway
import Postgres
import Restoration
import Retention

struct SweepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep", abstract: "Destroy what is due, with certificates; the service does so daily by itself.",
        discussion: """
            Can be interrupted at any point and run again: what is done is done, and a second run finds nothing. Runs \
            with the role of retention and the log's key. Exits with 1 if somebody else is sweeping. Without --class and \
            --until, and with the gateway's role, tokens that nobody has used for 90 days go as well.
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
            let sweeper = try RetentionAccess.sweeper()
            let due = try await sweeper.due(classes, before: until?.start)
            let (erased, tokens) = try await dryRun ? plan(due) : sweep(classes, sweeper, due: due)
            let counts = erased.sorted { $0.key.rawValue < $1.key.rawValue }
            if json {
                let members = counts.map { (name: $0.key.rawValue, value: JSONValue.string(String($0.value))) }
                var object: JSONObject = ["dry_run": .bool(dryRun), "events": .object(JSONObject(members))]
                object["tokens"] = tokens.map { .string(String($0)) }
                return printCanonical(object)
            }
            for (retention, count) in counts {
                print("\(retention.rawValue)  \(count)\(dryRun ? " would go" : " went")")
            }
            if let tokens, tokens > 0 { print("tokens  \(tokens)\(dryRun ? " would go" : " went")") }
            if counts.isEmpty, (tokens ?? 0) == 0 { print("Nothing is due.") }
        }
    }

    private typealias Counts = (events: [RetentionClass: Int64], tokens: Int?)

    private func plan(_ due: [RetentionClass: Int64]) async throws -> Counts {
        guard sweepsTokens else { return (due, nil) }
        return try await PlatformAccess.reading { (due, try await $0.vault.dueCount()) }
    }

    private func sweep(
        _ classes: [RetentionClass], _ sweeper: Sweeper, due: [RetentionClass: Int64]
    ) async throws -> Counts {
        try await PlatformAccess.changing { platform in
            let line = ProgressLine("sweeping", unit: "events")
            let total = due.values.reduce(0, +)
            let erased = try await sweeper.run(classes, before: until?.start) {
                line.show($0.total, of: max(total, $0.total))
            }.erased
            line.finish()
            return (erased, sweepsTokens ? try await platform.vault.sweep() : nil)
        }
    }

    /// Not if only events are asked for, or the gateway's role is not configured here: the service sweeps tokens daily.
    private var sweepsTokens: Bool {
        retention == nil && until == nil && Environment.settings.optional("GATEWAY_PASSWORD") != nil
    }
}

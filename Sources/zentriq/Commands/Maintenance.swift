import ArgumentParser
import CanonicalJSON
import EventStore
import Gateway

struct Maintenance: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take what was erased out of the database's files and its write-ahead log.",
        discussion: """
            To be run every night, beside the service, as the owner of the database; it can be stopped and run again at \
            any point. Rewrites the small tables that hold keys and people, takes dead rows out of the large ones, samples \
            anew for the planner, and overwrites the segments of the write-ahead log that are kept for later use. Exits \
            with 2 if something could not be taken out yet, and says why. docs/ERASURE.md tells more.
            """)

    @Flag(
        help: """
            Rewrite the tables of captures and accounts, too, so that what can't be opened any more is not even there. \
            Appends wait meanwhile.
            """)
    var rewriteEvents = false
    @Flag(help: "Only tell what would be done; change nothing.") var dryRun = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reportingFailure {
            let erasure = PhysicalErasure(
                configuration: try Environment.settings.database(.owner, development: !Environment.isProduction))
            let report =
                dryRun
                ? try await erasure.plan(rewritingEvents: rewriteEvents)
                : try await erasure.run(rewritingEvents: rewriteEvents) { ProgressLine.say($0) }
            if json { printCanonical(object(report)) } else { show(report) }
            if !report.leftovers.isEmpty { throw ExitCode.findings }
        }
    }

    private func show(_ report: PhysicalErasure.Report) {
        for table in report.tables {
            print("\(table.name)  \(table.bytes) bytes  \(table.treatment.rawValue)")
        }
        print("\(report.segments) segments of the write-ahead log\(dryRun ? "" : " overwritten")")
        for leftover in report.leftovers { print("left: \(leftover)") }
    }

    private func object(_ report: PhysicalErasure.Report) -> JSONObject {
        let tables = report.tables.map { table -> JSONValue in
            .object([
                "bytes": .string(String(table.bytes)), "name": .string(table.name),
                "treatment": .string(table.treatment.rawValue),
            ])
        }
        return [
            "dry_run": .bool(dryRun), "left": .array(report.leftovers.map { .string("\($0)") }),
            "tables": .array(tables), "wal_segments": .string(String(report.segments)),
        ]
    }
}

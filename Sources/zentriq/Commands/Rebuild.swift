import ArgumentParser
import CanonicalJSON
import EventStore
import Gateway
import Postgres
import Projections

struct Rebuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a projection anew from the log, beside the one in use, compare both, and switch.",
        discussion: "Can be interrupted and run again. Exits with 2 if the rows in use were not what the log gives.")

    @Argument(help: "\(ProjectionCatalog.all.map(\.name).joined(separator: " or "))")
    var name: String

    @Flag(help: "Switch only if both are equal: compares, and changes nothing else.")
    var dryRun = false

    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        guard let projection = ProjectionCatalog.named(name) else {
            throw ValidationError("There is no projection '\(name)'.")
        }
        try await reportingFailure {
            let keys = try await KeyEncryption.subjectKeysIfAny()
            let pool = try Environment.pool(.projector)
            let rebuild = ProjectionRebuild(
                projection, store: ProjectionStore(log: LogID(1), pool: pool),
                reader: LogReader(log: LogID(1), origin: Environment.readOrigin(), pool: pool, keys: keys))
            let progress = ProgressLine("rebuilding \(name)", unit: "events")
            let report = try await rebuild.run(onlyIfEqual: dryRun) {
                progress.show($0.next.rawValue, of: $0.size.rawValue)
            }
            progress.finish()
            await pool.close()
            if json {
                let object: JSONObject = [
                    "digest": .string(report.digest), "events": .string(String(report.events)),
                    "parked": .string(String(report.parked)),
                    "replaced_digest": report.replacedDigest.map { .string($0) } ?? .null,
                    "switched": .bool(report.isSwitched), "unchanged": .bool(report.isUnchanged),
                ]
                printCanonical(object)
            } else {
                print(
                    "\(name): \(report.events) events, \(report.parked) parked, digest \(report.digest), "
                        + (report.isUnchanged ? "equal to" : "NOT equal to") + " the rows in use before, "
                        + (report.isSwitched ? "switched" : "not switched"))
            }
            if !report.isUnchanged { throw ExitCode.findings }
        }
    }
}

import ArgumentParser
import CanonicalJSON
import EventStore
import Gateway
import Postgres
import TransparencyLog

struct Tiles: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The tree's tiles, which the service builds by itself.", subcommands: [RebuildTiles.self])
}

struct RebuildTiles: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Make all tiles anew from the rows, and compare the root with that of the head.",
        discussion: """
            Can be interrupted and run again, and needs no pause of the service. Runs as the database's owner. Exits \
            with 2 if a tile was wrong or the root is not the head's.
            """)

    @Flag(help: "Only compare; change nothing.") var dryRun = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reportingFailure {
            let pool = try Environment.pool(.owner)
            let progress = ProgressLine("rebuilding tiles", unit: "bundles")
            let report = try await TileRebuild(log: LogID(1), pool: pool, logger: Environment.quietLogger).run(
                dryRun: dryRun
            ) { progress.show($0.done, of: $0.total) }
            progress.finish()
            await pool.close()
            if json {
                let object: JSONObject = [
                    "bundles": .string(String(report.bundles)), "fits_head": .bool(report.fitsHead),
                    "kept": .string(String(report.kept)), "root": .string(report.root.hex),
                    "size": .string(String(report.size)),
                    "wrong": .array(report.wrong.map { .string(String($0)) }),
                ]
                printCanonical(object)
            } else {
                print("bundles  \(report.bundles) compared, \(report.kept) of them without rows")
                for index in report.wrong {
                    print("WRONG    bundle \(index), positions \(index * 256) to \(index * 256 + 255)")
                }
                print(
                    "root     \(report.root.hex) at size \(report.size), "
                        + (report.fitsHead ? "that of the head" : "NOT that of the head"))
            }
            if !report.wrong.isEmpty || !report.fitsHead { throw ExitCode.findings }
        }
    }
}

import ArgumentParser
import EventStore
import Gateway
import Postgres
import TransparencyLog

struct RotateLogKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Let another key sign from now on.",
        discussion: """
            The newest checkpoint is signed with the new key as well: the hand-over, which is kept, served at \
            /log/ORIGIN/handovers and printed here. From then on nothing signed with the old key is appended: stop the \
            service, rotate, start it with the new key. Runs as the database's owner.
            """)

    @Option(help: "The file of the new key, made by zentriq keys log generate with the same origin.")
    var next: String

    @Flag(help: "Print the hand-over, and change nothing.")
    var dryRun = false

    func run() async throws {
        try await reportingFailure {
            let new = try LogKey.read(next)
            let pool = try Environment.pool(.owner)
            let keys = LogKeyHistory(log: LogID(1), pool: pool)
            let handover = try await keys.handOver(to: LogSigner(new), dryRun: dryRun)
            await pool.close()
            print(handover, terminator: "")
        }
    }
}

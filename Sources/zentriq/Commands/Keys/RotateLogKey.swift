import ArgumentParser
import EventStore
import Gateway
import Postgres
import Restoration
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
            let result: Result<String, any Error>
            do { result = .success(try await handOver(to: LogSigner(new), pool)) } catch { result = .failure(error) }
            await pool.close()
            let handover = try result.get()
            print(handover, terminator: "")
        }
    }

    /// Refused on a database that was restored: its hand-over is made by zentriq restore apply, with what was lost.
    private func handOver(to signer: LogSigner, _ pool: PostgresPool) async throws -> String {
        if !dryRun, let path = Environment.settings.optional("ERASURE_LEDGER") {
            let reader = LogReader(log: LogID(1), origin: signer.origin, pool: pool)
            try await RestoreGate(path: path, reader: reader, keys: []).requireOpen()
        }
        return try await LogKeyHistory(log: LogID(1), pool: pool).handOver(to: signer, dryRun: dryRun)
    }
}

import ArgumentParser
import CanonicalJSON
import EventStore
import Gateway
import Postgres
import TransparencyLog
import Witness

struct PushToWitness: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push", abstract: "Get the log's newest checkpoint cosigned, and keep the cosignature.",
        discussion: """
            To be run regularly. Does nothing if the witness has cosigned the newest checkpoint already. Exits with 2 if \
            the witness has seen another history than the log now has.
            """)

    @Argument(help: "The witness's address: what stands before /add-checkpoint.")
    var url: String

    @Option(help: "The witness's verifier key.", transform: verifierArgument(.cosignature))
    var witness: NoteVerifier

    @Option(
        help: "Certificates (PEM) of the only authorities to trust, where the witness's is a private one.",
        completion: .file())
    var caFile: String?

    @Flag(help: "Print what would be asked, and ask nothing.")
    var dryRun = false

    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let client: WitnessClient
        do { client = try WitnessClient(url: url, authorities: caFile) } catch {
            if case .invalidAuthorities = error { throw ValidationError("--ca-file: \(error).") }
            throw ValidationError("'\(url)': \(error).")
        }
        try await reportingFailure {
            let pool = try Environment.pool(.gateway)
            let result: Result<WitnessPush.Outcome, any Error>
            do {
                result = .success(
                    try await WitnessPush(log: log(pool), witness: witness, client: client).run(dryRun: dryRun))
            } catch {
                result = .failure(error)
            }
            await pool.close()
            show(try result.get())
        }
    }

    private func log(_ pool: PostgresPool) -> WitnessPush.Log {
        let log = LogID(1)
        let reader = LogReader(log: log, origin: Environment.readOrigin(), pool: pool)
        let tree = TreeReader(log: log, pool: pool)
        let cosignatures = Cosignatures(log: log, pool: pool)
        let witness = witness
        return WitnessPush.Log(
            head: {
                let head = try await reader.head()
                return (
                    try SignedCheckpoint(parsing: Array(head.checkpoint.utf8)), try NoteVerifier(parsing: head.signer)
                )
            },
            consistencyProof: { try await tree.consistencyProof(from: $0, to: $1) },
            cosigned: { try await cosignatures.newest(by: witness)?.checkpoint.unverified },
            keep: { try await cosignatures.add($0, by: witness) })
    }

    private func show(_ outcome: WitnessPush.Outcome) {
        let time = outcome.time.map { EventTime(microseconds: Int64(clamping: $0) * 1_000_000).text }
        guard !json else {
            let object: JSONObject = [
                "cosigned_at": time.map { .string($0) } ?? .null, "old_size": .string(String(outcome.oldSize)),
                "outcome": .string(outcome.kind.rawValue), "size": .string(String(outcome.size)),
                "witness": .string(witness.text),
            ]
            return printCanonical(object)
        }
        switch outcome.kind {
        case .current:
            print("\(witness.key.name) has cosigned the newest checkpoint, of size \(outcome.size), already.")
        case .planned:
            print("would ask \(witness.key.name) to cosign size \(outcome.size), from \(outcome.oldSize) on")
        case .cosigned: print("\(witness.key.name) cosigned size \(outcome.size) at \(time ?? "an unknown time")")
        }
    }
}

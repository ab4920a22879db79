import ArgumentParser
import AuditLog
import EventStore
import Gateway
import Postgres
import Restoration
import TransparencyLog

struct ApplyRestore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Do again what a restore from a backup has undone, and open the gate.",
        discussion: """
            The restored log goes on under a new key, as the old one has signed events that are lost: generate one with \
            zentriq keys log generate and the same origin, and configure it afterwards. Appends an event that says what was \
            lost, destroys all stored tokens and ends accesses of staff, then policies, holds and erasures in their order, and \
            sweeps. Can be interrupted at any point and run \
            again, with the same key. The old ledger is kept beside the new one. Runs as the database's owner too.
            """)

    @OptionGroup var options: LedgerOptions
    @Option(help: "The file of the new key.", completion: .file()) var next: String
    @Flag(help: "Go on although the log was written to after the restore, or can't be told from that.")
    var forked = false
    @Flag(help: "Say what would be done, and change nothing.") var dryRun = false

    func run() async throws {
        try await reportingFailure {
            let path = try options.path()
            let signer = LogSigner(try LogKey.read(next))
            let known = [try? LogKey.signer(development: !Environment.isProduction).verifier].compactMap(\.self)
            try await PlatformAccess.reading(withRetention: true, signer: signer) { platform in
                let gate = RestoreGate(path: path, reader: platform.reader, keys: known)
                let ledger = try await gate.ledger(.all)
                let standing = try await gate.standing(to: ledger)
                guard let ledger, let refusal = standing.refusal else {
                    return print("Nothing is to be applied again.")
                }
                if case .otherHistory = standing, !forked { throw refusal }
                guard !ledger.signers.contains(signer.verifier) else {
                    throw RestoreRefusal.usedKey(signer.verifier.text)
                }
                if dryRun { return print(try await RestoreReport(standing, ledger, gate, platform).text) }
                let from = try await gate.firstDifference(standing, to: ledger)
                try await handOver(to: signer, platform)
                try await apply(ledger, from: from, path, platform)
            }
        }
    }

    /// Nothing is signed from here on by a key that has signed what was lost.
    private func handOver(to signer: LogSigner, _ platform: Platform) async throws {
        guard try await platform.reader.exists(), try await platform.reader.head().signer != signer.verifier.text else {
            return
        }
        let pool = try Environment.pool(.owner)
        let result: Result<String, any Error>
        do {
            result = .success(try await LogKeyHistory(log: platform.configuration.log, pool: pool).handOver(to: signer))
        } catch {
            result = .failure(error)
        }
        await pool.close()
        _ = try result.get()
    }

    private static func words(_ accesses: Int?) -> String {
        accesses.map { "\($0) accesses of staff were ended." }
            ?? "Accesses of staff were not ended, as ZENTRIQ_ACCESS_PASSWORD is not set: the service ends them."
    }

    private func apply(_ ledger: Ledger, from: LogPosition, _ path: String, _ platform: Platform) async throws {
        guard let restorer = platform.restorer() else {
            throw Settings.Failure(description: "ZENTRIQ_RETENTION_PASSWORD is not set")
        }
        let done = try await PlatformAccess.writing(platform) {
            try await restorer.apply(ledger, from: from) { print("AGAIN     \($0.words)") }
        }
        try await LedgerWriter(path: path, reader: platform.audit.reader).beginAnew(after: ledger.head)
        print(
            """
            Done: \(done.plan.steps.count) steps; \(done.swept) events were swept.
            \(done.tokens) stored tokens were destroyed: these people connect anew.
            \(Self.words(done.accesses))
            Look at zentriq staff roster: who was removed or replaced since the backup is in their seat again.
            The log goes on under \(platform.configuration.signer.verifier.text)
            Configure that key (ZENTRIQ_LOG_KEY_FILE), then start the service.
            """)
    }
}

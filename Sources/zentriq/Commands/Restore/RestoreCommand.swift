import ArgumentParser
import Gateway
import Restoration

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "After a restore from a backup: what was erased since is erased again.",
        discussion: """
            Exits with 3 while the database is older than its erasure ledger, and with 2 if the ledger is not what was \
            written, or the log does not follow from it.
            """,
        subcommands: [CheckRestore.self, ApplyRestore.self, ExportLedger.self])
}

/// Which ledger.
struct LedgerOptions: ParsableArguments {
    @Option(help: "The ledger's folder (default: ZENTRIQ_ERASURE_LEDGER).", completion: .directory)
    var ledger: String?

    func path() throws -> String { try ledger ?? Environment.settings.string("ERASURE_LEDGER") }
}

import ArgumentParser
import AuditLog
import EventStore
import Gateway
import Restoration

struct ExportLedger: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the erasure ledger, as the service does all the time; begin one.",
        discussion: """
            The folder must exist, best on another machine's disk. Refused if the log does not follow from what is in it.
            """)

    @Option(help: "The ledger's folder (default: ZENTRIQ_ERASURE_LEDGER).", completion: .directory)
    var to: String?

    func run() async throws {
        try await reportingFailure {
            let path = try to ?? Environment.settings.string("ERASURE_LEDGER")
            try await PlatformAccess.reading { platform in
                let gate = RestoreGate(
                    path: path, reader: platform.reader, keys: [platform.configuration.signer.verifier])
                if let ledger = try await gate.ledger(.all), let refusal = try await gate.standing(to: ledger).refusal {
                    throw refusal
                }
                try await platform.createLog()
                let next = try await LedgerWriter(path: path, reader: platform.audit.reader).write()
                print("The ledger holds what there is to hold of \(next.rawValue) events.")
            }
        }
    }
}

import ArgumentParser
import CanonicalJSON
import EventStore
import Gateway
import Restoration

struct CheckRestore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Verify the erasure ledger, and compare the database with it.",
        discussion: """
            Exits with 0 if the service may open; 3 if something has to be applied again first; 2 if the ledger is not \
            what was written, or the log does not follow from it; 78 if there is no ledger. Changes nothing.
            """)

    @OptionGroup var options: LedgerOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reportingFailure {
            let path = try options.path()
            let exit = try await PlatformAccess.reading { platform in
                let gate = RestoreGate(
                    path: path, reader: platform.reader, keys: [platform.configuration.signer.verifier])
                let ledger = try await gate.ledger(.all)
                let standing = try await gate.standing(to: ledger)
                let report = try await RestoreReport(standing, ledger, gate, platform)
                if json { printCanonical(report.object) } else { print(report.text) }
                return standing.refusal?.exitCode
            }
            if let exit { throw exit }
        }
    }
}

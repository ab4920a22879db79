import ArgumentParser
import EventStore
import TransparencyLog

struct ShowLogKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print the verifier key: what customers and auditors check signatures with.",
        discussion: "Of the key in FILE, or of the configured one. Publish it where it can't be changed unnoticed.")

    @Argument(help: "A file made by zentriq keys log generate.", completion: .file())
    var file: String?

    func run() async throws {
        try await reportingFailure {
            let verifier =
                try file.map { try LogKey.read($0).verifier }
                ?? LogKey.signer(development: !Environment.isProduction).verifier
            print(verifier.text)
        }
    }
}

import ArgumentParser
import TransparencyLog

struct ShowWitnessKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print the verifier key: what cosignatures are checked with.")

    @Argument(help: "A file made by zentriq keys witness generate.", completion: .file())
    var file: String

    func run() async throws {
        try await reportingFailure { print(try WitnessKey.read(file).verifier.text) }
    }
}

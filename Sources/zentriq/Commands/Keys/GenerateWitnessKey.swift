import ArgumentParser
import TransparencyLog

struct GenerateWitnessKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Make a key in a new file with mode 0400, and print its verifier key.")

    @Option(help: "The witness's name, such as witness.example.com/w1.")
    var name: String

    @Argument(help: "The file to make. An existing one is never touched.", completion: .file())
    var file: String

    func run() async throws {
        try await reportingFailure {
            let cosigner = try Cosigner.generate(name: KeyFile.name(name, option: "name"))
            try KeyFile.create(file, cosigner.privateKeyText())
            print(cosigner.verifier.text)
        }
    }
}

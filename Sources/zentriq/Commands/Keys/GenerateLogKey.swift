import ArgumentParser
import TransparencyLog

struct GenerateLogKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Make a key in a new file with mode 0400, and print its verifier key.")

    @Option(help: "The log's origin, such as log.example.com/credits.")
    var origin: String

    @Argument(help: "The file to make. An existing one is never touched.", completion: .file())
    var file: String

    func run() async throws {
        try await reportingFailure {
            let signer = try NoteSigner.generate(name: KeyFile.name(origin, option: "origin"))
            try KeyFile.create(file, signer.privateKeyText())
            print(signer.verifier.text)
        }
    }
}

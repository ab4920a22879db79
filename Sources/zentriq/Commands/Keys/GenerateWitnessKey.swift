import ArgumentParser
import Gateway
import SecretFiles
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
            guard let name = try? KeyName(name) else {
                throw Settings.Failure(
                    description: "--name '\(name)' can't be a key's name: no spaces, no plus sign")
            }
            let cosigner = try Cosigner.generate(name: name)
            let isNew: Bool
            do { isNew = try SecretFile.create(file, cosigner.privateKeyText() + "\n") } catch {
                throw Settings.Failure(description: "\(file) can't be made: \(error)")
            }
            guard isNew else { throw Settings.Failure(description: "\(file) exists; name a new file") }
            print(cosigner.verifier.text)
        }
    }
}

import ArgumentParser
import Sealing

struct GenerateKeyEncryptionKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Make the next version.",
        discussion: """
            In a folder, or in the token that is configured. Prints the version and its fingerprint. The first version wraps \
            at once; a further one wraps when zentriq keys kek rotate says so.
            """)

    @Argument(help: "The folder, made if it is not there (default: the configured one).", completion: .directory)
    var folder: String?

    func run() async throws {
        try await reportingFailure { print(try await KeyEncryption.provider(folder).generateNext().line) }
    }
}

extension WrappingKey {
    /// Version and fingerprint, for people.
    var line: String { "version \(version)  fingerprint \(fingerprint)" }
}

import ArgumentParser
import Sealing

struct GenerateKeyEncryptionKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Make the next version in a new file with mode 0400.",
        discussion: "Prints the version and its fingerprint. From its next start the service wraps new keys with it.")

    @Argument(help: "The folder, made if it is not there (default: the configured one).", completion: .directory)
    var folder: String?

    func run() async throws {
        try await reportingFailure { print(try KeyEncryption.folder(folder).generate().line) }
    }
}

extension KeyEncryptionKey {
    /// Version and fingerprint, for people.
    var line: String { "version \(version)  fingerprint \(fingerprint)" }
}

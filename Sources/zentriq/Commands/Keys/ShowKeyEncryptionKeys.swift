import ArgumentParser
import CanonicalJSON
import Sealing

struct ShowKeyEncryptionKeys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print the versions and their fingerprints, the oldest first.",
        discussion: "Never the keys. A fingerprint tells two keys apart, and nothing about them.")

    @Argument(help: "The folder (default: the configured one).", completion: .directory)
    var folder: String?

    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reportingFailure {
            let keys = try await KeyEncryptionKeys.load(from: KeyEncryption.provider(folder))
            let all = keys.all
            guard json else {
                for key in all { print(key.line) }
                return
            }
            let list = all.map { key in
                JSONValue.object([
                    "fingerprint": .string(key.fingerprint), "newest": .bool(key.version == all.last?.version),
                    "version": .integer(Int64(key.version)),
                ])
            }
            printCanonical(["keys": .array(list)])
        }
    }
}

import EventStore
import Foundation
import Sealing
import SecretFiles
import TransparencyLog

/// The log's keys, where the service looks for it in development: made once for a run, so that logs written here are the
/// service's own.
enum LogKeyFile {
    // As the service has it in development.
    static let origin = "log.zentriq.test/main"

    static func signer(in folder: String) throws -> LogSigner {
        let path = folder + "/log.key"
        try SecretFile.create(path, try NoteSigner.generate(name: KeyName(origin)).privateKeyText() + "\n")
        guard let text = try SecretFile.read(path) else { throw BenchFailure("\(path) can't be read") }
        return LogSigner(try NoteSigner(parsingPrivateKey: text.trimmingCharacters(in: .newlines)))
    }

    /// The key-encryption key, in the same way.
    static func keys(in state: String) throws -> KeyEncryptionKeys {
        let folder = KeyFolder(path: state + "/kek")
        if !folder.exists { _ = try folder.generate() }
        return try folder.read()
    }
}

import EventStore
import Gateway
import Sealing
import TokenKeys

/// The key-encryption key: kept outside of the database and of its backups, in a folder of files that nobody else may read, or in a
/// PKCS #11 token.
enum KeyEncryption {
    /// The keys that are configured. In development, the first one is made on first use, in the data folder.
    static func keys(development: Bool) async throws -> KeyEncryptionKeys {
        if let provider = try configured() { return try await .load(from: provider) }
        guard development else {
            throw Settings.Failure(
                description: "ZENTRIQ_KEK_FOLDER is not set, nor ZENTRIQ_KEK_PKCS11_MODULE; see zentriq keys kek --help"
            )
        }
        let folder = try defaultFolder()
        if !folder.exists { try generateFirst(in: folder) }
        return try folder.read()
    }

    /// The keys for a tool that can do something without them: those of a folder that is named, or configured, or that
    /// development has made. Nil if there is none.
    static func keysIfAny(in path: String?) async throws -> KeyEncryptionKeys? {
        if let path { return try KeyFolder(path: path).read() }
        if let provider = try configured() { return try await .load(from: provider) }
        let folder = try defaultFolder()
        return folder.exists ? try folder.read() : nil
    }

    /// The same for a reader of the log.
    static func subjectKeysIfAny() async throws -> SubjectKeys? {
        try await keysIfAny(in: nil).map { SubjectKeys(origin: Environment.readOrigin(), keys: $0) }
    }

    /// Where a command on keys finds them: in a folder that is named, or as it is configured.
    static func provider(_ path: String?) throws -> any KeyEncryptionProvider {
        if let path { return KeyFolder(path: path) }
        return try configured() ?? defaultFolder()
    }

    private static func configured() throws -> (any KeyEncryptionProvider)? {
        let settings = Environment.settings
        let (folder, module) = (settings.optional("KEK_FOLDER"), settings.optional("KEK_PKCS11_MODULE"))
        switch (folder, module) {
        case (nil, nil): return nil
        case (let folder?, nil): return KeyFolder(path: folder)
        case (nil, let module?):
            return TokenKeys(
                module: module, token: try settings.string("KEK_PKCS11_TOKEN"),
                pinFile: try settings.string("KEK_PKCS11_PIN_FILE"), log: try origin())
        case (_?, _?):
            throw Settings.Failure(
                description: "ZENTRIQ_KEK_FOLDER and ZENTRIQ_KEK_PKCS11_MODULE are both set: the key is in one place")
        }
    }

    /// The log's, whose name the keys in a token bear.
    private static func origin() throws -> String {
        let settings = Environment.settings
        if let origin = settings.optional("LOG_ORIGIN") { return origin }
        guard settings.optional("LOG_KEY") != nil || settings.optional("LOG_KEY_FILE") != nil else {
            return DevelopmentIdentity.origin
        }
        return try LogKey.signer(development: !Environment.isProduction).origin
    }

    private static func defaultFolder() throws -> KeyFolder {
        KeyFolder(path: try Environment.settings.string("DATA_DIRECTORY", default: ".zentriq") + "/kek")
    }

    /// Of two processes that begin together one makes the key, and both use it.
    private static func generateFirst(in folder: KeyFolder) throws {
        do { _ = try folder.generate() } catch  where (try? folder.read()) != nil {}
    }
}

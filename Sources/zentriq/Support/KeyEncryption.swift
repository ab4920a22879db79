import EventStore
import Gateway
import Sealing

/// The key-encryption key: a folder of files that nobody else may read, outside of the database and of its backups.
enum KeyEncryption {
    /// The keys that are configured. In development, the first one is made on first use, in the data folder.
    static func keys(development: Bool) throws -> KeyEncryptionKeys {
        if let path = Environment.settings.optional("KEK_FOLDER") { return try KeyFolder(path: path).read() }
        guard development else {
            throw Settings.Failure(description: "ZENTRIQ_KEK_FOLDER is not set; see zentriq keys kek --help")
        }
        let folder = try defaultFolder()
        if !folder.exists { try generateFirst(in: folder) }
        return try folder.read()
    }

    /// The keys for a tool that can do something without them: those of a folder that is named, or configured, or that
    /// development has made. Nil if there is none.
    static func keysIfAny(in path: String?) throws -> KeyEncryptionKeys? {
        if let path = path ?? Environment.settings.optional("KEK_FOLDER") { return try KeyFolder(path: path).read() }
        let folder = try defaultFolder()
        return folder.exists ? try folder.read() : nil
    }

    /// The same for a reader of the log.
    static func subjectKeysIfAny() throws -> SubjectKeys? {
        try keysIfAny(in: nil).map { SubjectKeys(origin: Environment.readOrigin(), keys: $0) }
    }

    /// The folder of a command on keys.
    static func folder(_ path: String?) throws -> KeyFolder {
        if let path = path ?? Environment.settings.optional("KEK_FOLDER") { return KeyFolder(path: path) }
        return try defaultFolder()
    }

    private static func defaultFolder() throws -> KeyFolder {
        KeyFolder(path: try Environment.settings.string("DATA_DIRECTORY", default: ".zentriq") + "/kek")
    }

    /// Of two processes that begin together one makes the key, and both use it.
    private static func generateFirst(in folder: KeyFolder) throws {
        do { _ = try folder.generate() } catch  where (try? folder.read()) != nil {}
    }
}

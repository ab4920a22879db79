import EventStore
import Gateway
import SecretFiles
import TransparencyLog

/// The log's private key: in a file that nobody else may read, or in a variable that the service manager fills from
/// where it keeps secrets. Never in the database.
enum LogKey {
    /// The key that is configured. In development, one is made on first use, in the data folder.
    ///
    /// The key's name is the log's origin. One ending in `.test` (RFC 2606) is reserved for development: a log with it
    /// is never served in production.
    static func signer(development: Bool) throws -> LogSigner {
        let signer = LogSigner(try key(development: development))
        if let origin = Environment.settings.optional("LOG_ORIGIN"), origin != signer.origin {
            throw Settings.Failure(
                description: "ZENTRIQ_LOG_ORIGIN is \(origin), the log's key is for \(signer.origin)")
        }
        let isTest = signer.origin.split(separator: "/").first?.hasSuffix(".test") == true
        guard development || !isTest else {
            throw Settings.Failure(description: "the log's key is for \(signer.origin), which is for development only")
        }
        return signer
    }

    static func read(_ path: String) throws -> NoteSigner {
        try parse(try KeyFile.read(path, of: "log", nameOption: "origin"), from: path)
    }

    private static func key(development: Bool) throws -> NoteSigner {
        let settings = Environment.settings
        if let text = settings.optional("LOG_KEY") { return try parse(text, from: "ZENTRIQ_LOG_KEY") }
        if let path = settings.optional("LOG_KEY_FILE") { return try read(path) }
        guard development else {
            throw Settings.Failure(
                description: "neither ZENTRIQ_LOG_KEY_FILE nor ZENTRIQ_LOG_KEY is set; see zentriq keys log --help")
        }
        let path = try settings.string("DATA_DIRECTORY", default: ".zentriq") + "/log.key"
        let new = try NoteSigner.generate(name: KeyName(DevelopmentIdentity.origin))
        try SecretFile.create(path, new.privateKeyText() + "\n")  // unless there is one
        return try read(path)
    }

    private static func parse(_ text: String, from source: String) throws -> NoteSigner {
        try KeyFile.parse(text, from: source, of: "log", NoteSigner.init(parsingPrivateKey:))
    }
}

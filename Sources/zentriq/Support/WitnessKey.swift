import TransparencyLog

/// A witness's private key.
enum WitnessKey {
    static func read(_ path: String) throws -> Cosigner {
        let text = try KeyFile.read(path, of: "witness", nameOption: "name")
        return try KeyFile.parse(text, from: path, of: "witness", Cosigner.init(parsingPrivateKey:))
    }
}

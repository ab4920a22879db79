import Crypto

/// A private key that signs notes: Ed25519, type 0x01 (signed-note, "Ed25519 signatures").
public struct NoteSigner: Sendable {
    private let privateKey: Curve25519.Signing.PrivateKey

    /// What verifies this key's signatures.
    public let verifier: NoteVerifier

    /// - Parameter seed: 32 bytes, the private key as RFC 8032 section 5.1.5 starts from it.
    public init(name: KeyName, seed: [UInt8]) throws(NoteKeyError) {
        guard seed.count == KeyText.keyByteCount,
            let privateKey = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed)
        else { throw .invalidKey }
        self.privateKey = privateKey
        verifier = try NoteVerifier(name: name, publicKey: Array(privateKey.publicKey.rawRepresentation))
    }

    /// A new key, from the system's random numbers.
    public static func generate(name: KeyName) throws(NoteKeyError) -> NoteSigner {
        try NoteSigner(name: name, seed: Array(Curve25519.Signing.PrivateKey().rawRepresentation))
    }

    /// Reads `PRIVATE+KEY+name+id+base64(0x01 ‖ seed)`, the form in which golang.org/x/mod/sumdb/note keeps a key.
    public init(parsingPrivateKey text: String) throws(NoteKeyError) {
        let parsed = try KeyText(parsingPrivateKey: text, type: .ed25519)
        try self.init(name: parsed.name, seed: parsed.key)
        guard verifier.key.id == parsed.id else { throw .wrongID }
    }

    /// The private key as text, for whoever keeps it. To be treated as the secret it is.
    public func privateKeyText() -> String {
        let seed = Array(privateKey.rawRepresentation)
        return KeyText(name: verifier.key.name, id: verifier.key.id, type: .ed25519, key: seed).privateText
    }

    /// The signature over a text, to be added to a note.
    public func signature(over text: String) throws(NoteError) -> NoteSignature {
        guard let bytes = try? privateKey.signature(for: Array(text.utf8)) else { throw .signingFailed }
        return try NoteSignature(key: verifier.key, bytes: Array(bytes))
    }

    /// A note of this text with one signature.
    public func sign(_ text: String) throws(NoteError) -> Note {
        try Note(text: text, signatures: [signature(over: text)])
    }
}

extension NoteSigner: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The name of the key, and never the key.
    public var description: String { "NoteSigner(\(verifier.key))" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

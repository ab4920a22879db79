import Crypto

/// A private key that cosigns checkpoints.
public struct Cosigner: Sendable {
    private let privateKey: Curve25519.Signing.PrivateKey

    /// What verifies this key's cosignatures.
    public let verifier: NoteVerifier

    /// - Parameter seed: 32 bytes, the private key as RFC 8032 section 5.1.5 starts from it.
    public init(name: KeyName, seed: [UInt8]) throws(NoteKeyError) {
        guard seed.count == KeyText.keyByteCount,
            let privateKey = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed)
        else { throw .invalidKey }
        self.privateKey = privateKey
        verifier = try NoteVerifier(
            name: name, type: .cosignature, publicKey: Array(privateKey.publicKey.rawRepresentation))
    }

    /// A new key, from the system's random numbers.
    public static func generate(name: KeyName) throws(NoteKeyError) -> Cosigner {
        try Cosigner(name: name, seed: Array(Curve25519.Signing.PrivateKey().rawRepresentation))
    }

    /// Reads `PRIVATE+KEY+name+id+base64(0x04 ‖ seed)`: the form of a note signer's key, with the type of cosignatures.
    public init(parsingPrivateKey text: String) throws(NoteKeyError) {
        let parsed = try KeyText(parsingPrivateKey: text, type: .cosignature)
        try self.init(name: parsed.name, seed: parsed.key)
        guard verifier.key.id == parsed.id else { throw .wrongID }
    }

    /// The private key as text, for whoever keeps it. To be treated as the secret it is.
    public func privateKeyText() -> String {
        let seed = Array(privateKey.rawRepresentation)
        return KeyText(name: verifier.key.name, id: verifier.key.id, type: .cosignature, key: seed).privateText
    }

    /// Cosigns a checkpoint. The caller has verified its consistency with what it cosigned before.
    ///
    /// - Parameter time: seconds since 1970, at most `Cosignature.maximumTime`.
    public func cosign(_ checkpoint: Checkpoint, time: UInt64) throws(CheckpointError) -> NoteSignature {
        guard time <= Cosignature.maximumTime else { throw .invalidTime }
        let message = Cosignature.message(time: time, checkpoint: checkpoint.text)
        guard let signature = try? privateKey.signature(for: message) else { throw .note(.signingFailed) }
        let timeBytes = withUnsafeBytes(of: time.bigEndian) { Array($0) }
        do {
            return try NoteSignature(key: verifier.key, bytes: timeBytes + signature)
        } catch {
            throw .note(error)
        }
    }
}

extension Cosigner: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The name of the key, and never the key.
    public var description: String { "Cosigner(\(verifier.key))" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

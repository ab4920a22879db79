import Crypto

/// A public key that is trusted, by name, to sign notes or to cosign checkpoints.
public struct NoteVerifier: Sendable, Hashable {
    static let signatureByteCount = 64
    static let timeByteCount = 8

    public let key: NoteKey
    public let type: SignatureType
    /// 32 bytes as RFC 8032 encodes them.
    public let publicKey: [UInt8]

    public init(name: KeyName, type: SignatureType = .ed25519, publicKey: [UInt8]) throws(NoteKeyError) {
        guard publicKey.count == KeyText.keyByteCount else { throw .invalidKey }
        key = NoteKey(name: name, id: KeyID(name: name, type: type, publicKey: publicKey))
        self.type = type
        self.publicKey = publicKey
    }

    /// Reads a verifier key: `name+id+base64(type ‖ public key)` (signed-note, "Verifier keys").
    public init(parsing text: String) throws(NoteKeyError) {
        let parsed = try KeyText(parsing: text)
        try self.init(name: parsed.name, type: parsed.type, publicKey: parsed.key)
        guard key.id == parsed.id else { throw .wrongID }
    }

    /// What `init(parsing:)` reads; it is meant to be published.
    public var text: String {
        KeyText(name: key.name, id: key.id, type: type, key: publicKey).text
    }

    /// Whether this key made the signature over the text. False for another key's signature.
    public func verifies(_ signature: NoteSignature, over text: String) -> Bool {
        guard signature.key == key else { return false }
        switch type {
        case .ed25519:
            return isValid(signature.bytes, for: Array(text.utf8))
        case .cosignature:
            guard let time = cosignatureTime(of: signature) else { return false }
            let signed = Cosignature.message(time: time, checkpoint: text)
            return isValid(Array(signature.bytes.dropFirst(Self.timeByteCount)), for: signed)
        }
    }

    /// When a cosignature was made, in seconds since 1970. Nil for a key of another type and for a malformed signature.
    ///
    /// The time means nothing unless `verifies` holds.
    public func cosignatureTime(of signature: NoteSignature) -> UInt64? {
        guard type == .cosignature, signature.bytes.count == Self.timeByteCount + Self.signatureByteCount else {
            return nil
        }
        let time = signature.bytes.prefix(Self.timeByteCount).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return time <= Cosignature.maximumTime ? time : nil
    }

    private func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        guard signature.count == Self.signatureByteCount,
            let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey)
        else { return false }
        return key.isValidSignature(signature, for: message)
    }
}

import Crypto

/// Cosignatures of checkpoints, c2sp.org/tlog-cosignature, the Ed25519 kind ("cosignature/v1", type 0x04).
///
/// A cosignature says that at a time, this was the largest consistent tree of the log that the witness had seen.
public enum Cosignature {
    /// Times beyond are refused, by the specification.
    public static let maximumTime = UInt64(Int64.max)

    /// What is signed: a header, the time, and the whole text of the checkpoint with its extension lines.
    ///
    /// The name of the witness is not in it, which is why one public key must not serve two witnesses.
    static func message(time: UInt64, checkpoint text: String) -> [UInt8] {
        Array("cosignature/v1\ntime \(time)\n\(text)".utf8)
    }
}

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

import Crypto

/// Four bytes that tell keys of one name apart. Not a commitment to the key: collisions are easily made, and then
/// fail when the signature is verified.
public struct KeyID: Sendable, Hashable, CustomStringConvertible {
    public static let byteCount = 4

    public let value: UInt32

    public init(_ value: UInt32) {
        self.value = value
    }

    /// SHA-256(name ‖ 0x0A ‖ type ‖ public key), the first four bytes, big-endian.
    public init(name: KeyName, type: SignatureType, publicKey: [UInt8]) {
        let digest = MerkleTree.hash { hasher in
            var named = Array(name.text.utf8)
            named.append(UInt8(ascii: "\n"))
            named.append(type.rawValue)
            named.append(contentsOf: publicKey)
            named.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        }
        value = digest.withUnsafeBytes { UInt32(bigEndian: $0.loadUnaligned(as: UInt32.self)) }
    }

    /// Eight lower-case hexadecimal digits.
    public var description: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 2 * Self.byteCount - digits.count) + digits
    }
}

/// The signature types known here, with their assigned byte (signed-note, "Signature types"). Both are Ed25519.
public enum SignatureType: UInt8, Sendable, Hashable, CaseIterable {
    /// A signature over the text of the note.
    case ed25519 = 0x01
    /// A witness's timestamped cosignature of a checkpoint (tlog-cosignature).
    case cosignature = 0x04
}

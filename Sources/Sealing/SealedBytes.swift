import Crypto

/// Bytes under a key that seals them directly: `0x01 ‖ nonce (12) ‖ ciphertext ‖ tag (16)`, AES-256-GCM with a random nonce.
enum SealedBytes {
    private static let format: UInt8 = 0x01
    /// Beyond what is in them.
    static let overhead = 1 + 12 + 16

    static func seal(_ plain: [UInt8], under key: SymmetricKey, binding: [UInt8]) -> [UInt8] {
        guard let box = try? AES.GCM.seal(plain, using: key, authenticating: binding), let sealed = box.combined else {
            preconditionFailure("a key of 256 bits and a nonce of 96 seal whatever there is")
        }
        return [format] + sealed
    }

    /// Opens what ``seal(_:under:binding:)`` gave, if nothing was changed and the binding is the same.
    static func open(_ sealed: [UInt8], under key: SymmetricKey, binding: [UInt8]) throws(SealingError) -> [UInt8] {
        guard sealed.first == format, let box = try? AES.GCM.SealedBox(combined: sealed.dropFirst()) else {
            throw .malformed
        }
        guard let plain = try? AES.GCM.open(box, using: key, authenticating: binding) else { throw .notAuthentic }
        return Array(plain)
    }
}

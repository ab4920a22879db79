import Crypto

/// A version of the key-encryption key, wherever it is kept: in this process, or in a device that never gives it away.
package protocol WrappingKey: Sendable {
    /// 1, 2, 3…
    var version: Int32 { get }
    /// Tells keys apart, and nothing about them: hexadecimal digits.
    var fingerprint: String { get }

    /// AES-256-GCM: `nonce (12) ‖ ciphertext ‖ tag (16)`, with a random nonce.
    func seal(_ plain: [UInt8], binding: [UInt8]) async throws(SealingError) -> [UInt8]
    /// Opens what ``seal(_:binding:)`` gave, if nothing was changed and the binding is the same.
    func open(_ sealed: [UInt8], binding: [UInt8]) async throws(SealingError) -> [UInt8]
}

extension WrappingKey {
    func wrap(_ secret: SymmetricKey, for owner: KeyOwner) async throws(SealingError) -> WrappedKey {
        let binding = owner.associatedData(keyVersion: version)
        let sealed = try await seal(secret.withUnsafeBytes { [UInt8]($0) }, binding: binding)
        return WrappedKey(version: version, bytes: [WrappedKey.format] + sealed)
    }

    func unwrap(_ wrapped: [UInt8], of owner: KeyOwner) async throws(SealingError) -> SymmetricKey {
        guard wrapped.count == WrappedKey.byteCount, wrapped.first == WrappedKey.format else { throw .malformed }
        let binding = owner.associatedData(keyVersion: version)
        return SymmetricKey(data: try await open(Array(wrapped.dropFirst()), binding: binding))
    }
}

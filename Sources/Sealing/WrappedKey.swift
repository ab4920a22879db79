/// A key as the database keeps it: sealed under the key-encryption key.
///
/// `0x01 ‖ nonce (12) ‖ ciphertext (32) ‖ tag (16)`, AES-256-GCM.
package struct WrappedKey: Sendable, Hashable {
    package static let byteCount = 61
    static let format: UInt8 = 0x01

    /// Of the key-encryption key.
    package let version: Int32
    package let bytes: [UInt8]

    package init(version: Int32, bytes: [UInt8]) {
        self.version = version
        self.bytes = bytes
    }
}

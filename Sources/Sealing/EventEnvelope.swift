/// Salt and payload of an event as its row keeps them:
/// `0x01 ‖ key commitment (32) ‖ nonce (12) ‖ ciphertext ‖ tag (16)`, where the plaintext is `salt (32) ‖ payload`.
package enum EventEnvelope {
    package static let saltLength = 32
    package static let nonceLength = 12
    static let format: UInt8 = 0x01
    static let commitmentLength = 32
    static let tagLength = 16
    /// With the shortest payload, `{}`.
    package static let minimumLength = 1 + commitmentLength + nonceLength + saltLength + 2 + tagLength

    /// Whether the bytes have the form of an envelope; what is in it, only the key tells.
    package static func isOne(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count >= minimumLength && bytes.first == format
    }
}

extension TreeHash: CustomStringConvertible {
    /// The hash in lower-case hexadecimal.
    public var description: String { hex }

    /// Sixty-four lower-case digits.
    public var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        return withUnsafeBytes { bytes in
            String(unsafeUninitializedCapacity: 2 * bytes.count) { text in
                for (index, byte) in bytes.enumerated() {
                    text[2 * index] = digits[Int(byte >> 4)]
                    text[2 * index + 1] = digits[Int(byte & 0x0F)]
                }
                return 2 * bytes.count
            }
        }
    }

    /// Standard base64 with padding (RFC 4648 section 4), as checkpoints and proofs write a hash: 44 characters.
    public var base64: String {
        withUnsafeBytes { Base64.encode($0) }
    }

    /// Reads what `base64` writes. Nil for any other spelling, and for anything that is not 32 bytes.
    public init?(base64 text: some Collection<UInt8>) {
        guard text.count == Self.base64ByteCount, let bytes = Base64.decode(text) else { return nil }
        self.init(bytes)
    }

    /// The length of a hash in base64.
    static let base64ByteCount = 44
}

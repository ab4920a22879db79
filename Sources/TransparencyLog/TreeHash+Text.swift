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
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        return withUnsafeBytes { bytes in
            var text: [UInt8] = []
            text.reserveCapacity(44)
            for start in stride(from: 0, to: bytes.count, by: 3) {
                let group = bytes[start..<min(start + 3, bytes.count)]
                let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
                for position in 0..<4 {
                    let index = Int(bits >> UInt32(18 - 6 * position)) & 0x3F
                    text.append(position <= group.count ? alphabet[index] : UInt8(ascii: "="))
                }
            }
            return String(decoding: text, as: UTF8.self)
        }
    }
}

/// Unpadded base64url (RFC 4648 section 5), as JOSE writes it. Foundation's decoder knows neither the alphabet nor
/// the strictness: one value must have one spelling, so that a token has one digest.
enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    private static let values: [UInt8] = {
        var values = [UInt8](repeating: .max, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    /// `nil` for padding, white space, foreign characters, an impossible length, or unused bits that are not zero.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(text.count * 3 / 4)
        var bits: UInt32 = 0
        var width = 0
        for character in text {
            let value = values[Int(character)]
            guard value != .max else { return nil }
            bits = bits << 6 | UInt32(value)
            width += 6
            guard width >= 8 else { continue }
            width -= 8
            result.append(UInt8(truncatingIfNeeded: bits >> UInt32(width)))
            bits &= (1 << UInt32(width)) - 1
        }
        return bits == 0 ? result : nil
    }

    static func encode(_ bytes: some Collection<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count * 4 + 2) / 3)
        var bits: UInt32 = 0
        var width = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            width += 8
            while width >= 6 {
                width -= 6
                text.append(alphabet[Int(bits >> UInt32(width) & 63)])
            }
            bits &= (1 << UInt32(width)) - 1
        }
        if width > 0 { text.append(alphabet[Int(bits << UInt32(6 - width) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }
}

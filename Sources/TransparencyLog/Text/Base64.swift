/// Standard base64, RFC 4648 section 4, in its one canonical form: padded, no whitespace, unused bits zero.
///
/// Signed notes, checkpoints and proof files are compared and kept as text, so that no two texts may mean the same
/// bytes.
package enum Base64 {
    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var group: UInt32 = 0
        var count = 0
        for byte in bytes {
            group = group << 8 | UInt32(byte)
            count += 1
            if count == 3 {
                append(group, significant: 4, to: &text)
                (group, count) = (0, 0)
            }
        }
        if count > 0 { append(group << UInt32(8 * (3 - count)), significant: count + 1, to: &text) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil for everything that `encode` would not have written.
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var group: UInt32 = 0
        var (digits, padding) = (0, 0)
        for character in text {
            if character == pad {
                padding += 1
                group <<= 6
            } else {
                guard padding == 0, let value = value(of: character) else { return nil }
                group = group << 6 | UInt32(value)
            }
            digits += 1
            guard digits.isMultiple(of: 4) else { continue }
            guard padding <= 2, group & (1 << UInt32(8 * padding) - 1) == 0 else { return nil }
            for shift in [16, 8, 0] as [UInt32] where shift >= 8 * padding {
                bytes.append(UInt8(truncatingIfNeeded: group >> shift))
            }
            // After a padded group no other may come.
            if padding > 0, digits < text.count { return nil }
            group = 0
        }
        return bytes
    }

    private static let pad = UInt8(ascii: "=")
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static func append(_ group: UInt32, significant: Int, to text: inout [UInt8]) {
        for position in 0..<4 {
            let index = Int(group >> UInt32(18 - 6 * position)) & 0x3F
            text.append(position < significant ? alphabet[index] : pad)
        }
    }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}

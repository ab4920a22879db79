/// UUIDs as text in the form 8-4-4-4-12 of RFC 9562, hexadecimal digits in lower case.
package enum CanonicalUUID {
    /// `text` in lower case if it is a UUID in either case, otherwise nil. Any version and variant is taken.
    package static func lowercased(_ text: String) -> String? {
        guard text.utf8.count == 36 else { return nil }
        var position = 0
        var isCanonical = true
        for byte in text.utf8 {
            switch (byte, isHyphen(position)) {
            case (UInt8(ascii: "-"), true): break
            case (UInt8(ascii: "0")...UInt8(ascii: "9"), false), (UInt8(ascii: "a")...UInt8(ascii: "f"), false): break
            case (UInt8(ascii: "A")...UInt8(ascii: "F"), false): isCanonical = false
            default: return nil
            }
            position += 1
        }
        return isCanonical ? text : text.lowercased()
    }

    /// Whether `text` is a UUID in lower case.
    package static func isCanonical(_ text: String) -> Bool {
        lowercased(text) == text
    }

    /// A fresh UUID of version 4.
    package static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }

    package static func random(using generator: inout some RandomNumberGenerator) -> String {
        let high = generator.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x0000_0000_0000_4000
        let low = generator.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        return String(unsafeUninitializedCapacity: 36) { buffer in
            var position = 0
            for digitIndex in 0..<32 {
                if isHyphen(position) {
                    buffer[position] = UInt8(ascii: "-")
                    position += 1
                }
                let word = digitIndex < 16 ? high : low
                let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - digitIndex % 16 * 4) & 0xF)
                buffer[position] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                position += 1
            }
            return position
        }
    }

    private static func isHyphen(_ position: Int) -> Bool {
        position == 8 || position == 13 || position == 18 || position == 23
    }
}

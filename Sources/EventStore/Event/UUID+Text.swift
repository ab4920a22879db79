package import Foundation

extension UUID {
    /// The 36 characters of RFC 9562, lower-case.
    package var lowercaseText: String {
        let digits: StaticString = "0123456789abcdef"
        return withUnsafeBytes(of: uuid) { bytes in
            String(unsafeUninitializedCapacity: 36) { text in
                var next = 0
                for (index, byte) in bytes.enumerated() {
                    if index == 4 || index == 6 || index == 8 || index == 10 {
                        text[next] = 0x2D
                        next += 1
                    }
                    text[next] = digits.utf8Start[Int(byte >> 4)]
                    text[next + 1] = digits.utf8Start[Int(byte & 15)]
                    next += 2
                }
                return next
            }
        }
    }

    /// Appends ``lowercaseText``, with no text of its own in between.
    func appendLowercaseText(to bytes: inout [UInt8]) {
        let digits: StaticString = "0123456789abcdef"
        withUnsafeBytes(of: uuid) { value in
            for (index, byte) in value.enumerated() {
                if index == 4 || index == 6 || index == 8 || index == 10 { bytes.append(0x2D) }
                bytes.append(digits.utf8Start[Int(byte >> 4)])
                bytes.append(digits.utf8Start[Int(byte & 15)])
            }
        }
    }

    /// Reads the 36 characters of RFC 9562, in either case. Nil for anything else. `UUID(uuidString:)` does the same,
    /// through sscanf.
    package init?(text: some StringProtocol) {
        var value = nilUUID
        var digits = 0
        for (index, byte) in text.utf8.enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == 0x2D else { return nil }
                continue
            }
            guard digits < 32, let digit = Self.hexDigit(byte) else { return nil }
            withUnsafeMutableBytes(of: &value) { $0[digits / 2] = $0[digits / 2] << 4 | digit }
            digits += 1
        }
        guard digits == 32, text.utf8.count == 36 else { return nil }
        self.init(uuid: value)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    /// A version 4 UUID (RFC 9562, section 5.4) of 16 random bytes.
    package init(random bytes: some Collection<UInt8>) {
        precondition(bytes.count == 16)
        var value = nilUUID
        withUnsafeMutableBytes(of: &value) { $0.copyBytes(from: bytes) }
        value.6 = value.6 & 0x0F | 0x40
        value.8 = value.8 & 0x3F | 0x80
        self.init(uuid: value)
    }
}

private let nilUUID: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

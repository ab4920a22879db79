package import Foundation

extension UUID {
    /// The 36 characters of RFC 9562, lower-case.
    package var lowercaseText: String {
        String(unsafeUninitializedCapacity: 36) { write(to: UnsafeMutableRawBufferPointer($0)) }
    }

    /// Appends ``lowercaseText``, with no text of its own in between.
    func appendLowercaseText(to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(byteCount: 36, alignment: 1) { text in
            _ = write(to: text)
            bytes.append(contentsOf: text)
        }
    }

    /// - Returns: how many bytes were written, 36.
    private func write(to text: UnsafeMutableRawBufferPointer) -> Int {
        let digits: StaticString = "0123456789abcdef"
        return withUnsafeBytes(of: uuid) { bytes in
            var next = 0
            for index in 0..<16 {
                if index == 4 || index == 6 || index == 8 || index == 10 {
                    text[next] = 0x2D
                    next += 1
                }
                text[next] = digits.utf8Start[Int(bytes[index] >> 4)]
                text[next + 1] = digits.utf8Start[Int(bytes[index] & 15)]
                next += 2
            }
            return next
        }
    }

    /// Reads the 36 characters of RFC 9562, in either case. Nil for anything else. `UUID(uuidString:)` does the same,
    /// through sscanf.
    package init?(text: some StringProtocol) {
        let read = text.utf8.withContiguousStorageIfAvailable { UUID(text: UnsafeRawBufferPointer($0)) }
        guard let value = read ?? Array(text.utf8).withUnsafeBytes({ UUID(text: $0) }) else { return nil }
        self = value
    }

    /// Reads the same from bytes.
    package init?(text: UnsafeRawBufferPointer) {
        guard text.count == 36, text[8] == 0x2D, text[13] == 0x2D, text[18] == 0x2D, text[23] == 0x2D else {
            return nil
        }
        var value = nilUUID
        let isRead = withUnsafeMutableBytes(of: &value) { value in
            var next = 0
            for index in 0..<16 {
                if index == 4 || index == 6 || index == 8 || index == 10 { next += 1 }
                guard let high = Self.hexDigit(text[next]), let low = Self.hexDigit(text[next + 1]) else {
                    return false
                }
                value[index] = high << 4 | low
                next += 2
            }
            return true
        }
        guard isRead else { return nil }
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

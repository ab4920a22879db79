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

    /// Writes ``lowercaseText`` to memory that has room for it.
    ///
    /// - Returns: how many bytes were written, 36.
    @discardableResult
    package func write(to text: UnsafeMutableRawBufferPointer) -> Int {
        precondition(text.count >= 36, "a UUID needs 36 bytes")
        withUnsafeBytes(of: uuid) { bytes in
            func digits(_ offset: Int) -> UInt64 {
                Self.hexDigits(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
            }
            func put(_ half: UInt64, at offset: Int) {
                text.storeBytes(of: UInt32(truncatingIfNeeded: half).bigEndian, toByteOffset: offset, as: UInt32.self)
            }
            text.storeBytes(of: digits(0).bigEndian, as: UInt64.self)
            put(digits(4) >> 32, at: 9)
            put(digits(4), at: 14)
            put(digits(8) >> 32, at: 19)
            put(digits(8), at: 24)
            text.storeBytes(of: digits(12).bigEndian, toByteOffset: 28, as: UInt64.self)
        }
        for hyphen in [8, 13, 18, 23] { text[hyphen] = 0x2D }
        return 36
    }

    /// The eight digits of four bytes, all at once: a nibble to a byte, then 0x30 to each, and 0x27 more from ten on.
    private static func hexDigits(_ word: UInt32) -> UInt64 {
        var digits = UInt64(word)
        digits = (digits | digits << 16) & 0x0000_FFFF_0000_FFFF
        digits = (digits | digits << 8) & 0x00FF_00FF_00FF_00FF
        digits = (digits | digits << 4) & 0x0F0F_0F0F_0F0F_0F0F
        let letters = (digits &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return digits &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
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

extension JSONParser {
    /// Reads a string whose opening quote is at the offset.
    mutating func string() throws(JSONParseError) -> String {
        offset += 1
        let start = offset
        try skipPlainText()
        if input[offset] == UInt8(ascii: "\"") {
            offset += 1
            return String(decoding: input[start..<offset - 1], as: UTF8.self)
        }
        var unescaped = Array(input[start..<offset])
        while input[offset] != UInt8(ascii: "\"") {
            try appendEscape(to: &unescaped)
            let run = offset
            try skipPlainText()
            unescaped.append(contentsOf: input[run..<offset])
        }
        offset += 1
        return String(decoding: unescaped, as: UTF8.self)
    }

    /// Moves to the next quote or backslash, over text that stands for itself.
    private mutating func skipPlainText() throws(JSONParseError) {
        while offset < input.count {
            switch input[offset] {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): return
            case 0x00: throw failure(.nulCharacter)
            case 0x01..<0x20: throw failure(.controlCharacter)
            case 0x20..<0x80: offset += 1
            default: try skipMultibyteScalar()
            }
        }
        throw failure(.unterminated)
    }

    /// Well-formed sequences by Unicode's table 3-7; the second byte's range excludes overlong forms, surrogates and
    /// what lies beyond U+10FFFF.
    private mutating func skipMultibyteScalar() throws(JSONParseError) {
        let lead = input[offset]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch lead {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        case 0xF1...0xF3: length = 4
        default: throw failure(.invalidUTF8)
        }
        guard offset + length <= input.count, second.contains(input[offset + 1]) else { throw failure(.invalidUTF8) }
        var scalar = UInt32(lead) & (0x7F >> UInt32(length))
        for byte in input[offset + 1..<offset + length] {
            guard byte & 0xC0 == 0x80 else { throw failure(.invalidUTF8) }
            scalar = scalar << 6 | UInt32(byte & 0x3F)
        }
        guard !Self.isNoncharacter(scalar) else { throw failure(.noncharacter) }
        offset += length
    }

    private mutating func appendEscape(to text: inout [UInt8]) throws(JSONParseError) {
        let start = offset
        offset += 1
        let byte = try peek()
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: try escapedScalar(from: start).utf8)
        default: throw JSONParseError(kind: .invalidEscape, offset: start)
        }
    }

    /// The scalar of `\uXXXX`, or of two of them that form a surrogate pair. The offset stands after the first `\u`.
    private mutating func escapedScalar(from start: Int) throws(JSONParseError) -> Unicode.Scalar {
        var value = try fourHexDigits(from: start)
        if (0xD800..<0xDC00).contains(value) {
            guard input[offset...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) else {
                throw JSONParseError(kind: .loneSurrogate, offset: start)
            }
            offset += 2
            let low = try fourHexDigits(from: offset - 2)
            guard (0xDC00..<0xE000).contains(low) else { throw JSONParseError(kind: .loneSurrogate, offset: start) }
            value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
        }
        guard value != 0 else { throw JSONParseError(kind: .nulCharacter, offset: start) }
        guard !Self.isNoncharacter(value) else { throw JSONParseError(kind: .noncharacter, offset: start) }
        guard let scalar = Unicode.Scalar(value) else { throw JSONParseError(kind: .loneSurrogate, offset: start) }
        return scalar
    }

    private mutating func fourHexDigits(from start: Int) throws(JSONParseError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            let byte = try peek()
            guard let digit = Self.hexDigit(byte) else { throw JSONParseError(kind: .invalidEscape, offset: start) }
            value = value << 4 | digit
            offset += 1
        }
        return value
    }

    private static func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    private static func isNoncharacter(_ scalar: UInt32) -> Bool {
        scalar & 0xFFFE == 0xFFFE || (0xFDD0...0xFDEF).contains(scalar)
    }
}

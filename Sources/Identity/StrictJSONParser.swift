/// A recursive descent over bytes; see ``StrictJSON``.
struct StrictJSONParser {
    struct Malformed: Error {}

    private let bytes: [UInt8]
    private var index = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func document() throws(Malformed) -> StrictJSON {
        let value = try value(depth: 0)
        skipSpace()
        guard index == bytes.count else { throw Malformed() }
        return value
    }

    private mutating func value(depth: Int) throws(Malformed) -> StrictJSON {
        guard depth < IdentityLimits.jsonDepth else { throw Malformed() }
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return try number()
        }
    }

    private mutating func object(depth: Int) throws(Malformed) -> StrictJSON {
        var members: [String: StrictJSON] = [:]
        index += 1
        skipSpace()
        if take("}") { return .object(members) }
        repeat {
            skipSpace()
            let name = try string()
            skipSpace()
            guard take(":") else { throw Malformed() }
            guard members.updateValue(try value(depth: depth + 1), forKey: name) == nil else { throw Malformed() }
            skipSpace()
        } while take(",")
        guard take("}") else { throw Malformed() }
        return .object(members)
    }

    private mutating func array(depth: Int) throws(Malformed) -> StrictJSON {
        var elements: [StrictJSON] = []
        index += 1
        skipSpace()
        if take("]") { return .array(elements) }
        repeat {
            elements.append(try value(depth: depth + 1))
            skipSpace()
        } while take(",")
        guard take("]") else { throw Malformed() }
        return .array(elements)
    }

    private mutating func number() throws(Malformed) -> StrictJSON {
        let start = index
        _ = take("-")
        if !take("0") { try digits() }
        let isWhole = peek != UInt8(ascii: ".") && peek != UInt8(ascii: "e") && peek != UInt8(ascii: "E")
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        guard isWhole, let value = Int64(String(decoding: bytes[start..<index], as: UTF8.self)) else {
            return .otherNumber
        }
        return .integer(value)
    }

    private mutating func digits() throws(Malformed) {
        let start = index
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { index += 1 }
        guard index > start else { throw Malformed() }
    }

    private mutating func literal(_ word: StaticString, _ value: StrictJSON) throws(Malformed) -> StrictJSON {
        let end = index + word.utf8CodeUnitCount
        let expected = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard end <= bytes.count, bytes[index..<end].elementsEqual(expected) else { throw Malformed() }
        index = end
        return value
    }

    private mutating func string() throws(Malformed) -> String {
        guard take("\"") else { throw Malformed() }
        var text: [UInt8] = []
        while let byte = peek {
            index += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let value = String(validating: text, as: UTF8.self) else { throw Malformed() }
                return value
            case UInt8(ascii: "\\"): text.append(contentsOf: try escape().utf8)
            case 0..<0x20: throw Malformed()
            default: text.append(byte)
            }
        }
        throw Malformed()
    }

    private mutating func escape() throws(Malformed) -> String {
        guard let byte = peek else { throw Malformed() }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return String(UnicodeScalar(byte))
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw Malformed()
        }
    }

    /// One scalar: a surrogate counts only as half of a pair.
    private mutating func unicodeEscape() throws(Malformed) -> String {
        var value = try hexDigits()
        if (0xD800..<0xDC00).contains(value) {
            guard take("\\"), take("u") else { throw Malformed() }
            let low = try hexDigits()
            guard (0xDC00..<0xE000).contains(low) else { throw Malformed() }
            value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = UnicodeScalar(value) else { throw Malformed() }
        return String(scalar)
    }

    private mutating func hexDigits() throws(Malformed) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(UnicodeScalar(byte)).hexDigitValue else { throw Malformed() }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        return value
    }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func take(_ character: UnicodeScalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }
}

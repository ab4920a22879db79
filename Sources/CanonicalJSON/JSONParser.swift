/// A strict JSON parser: RFC 8259 narrowed by I-JSON (RFC 7493).
///
/// Everything two readers could understand differently is refused: duplicate names, lone surrogates, noncharacters,
/// invalid UTF-8, byte order marks, integers beyond 64 bits, anything after the value. U+0000 is refused as well,
/// because the database's text type cannot hold it. Time is linear in the input, the recursion is bounded.
///
/// What is accepted can be written canonically and read again to the same canonical bytes.
package struct JSONParser {
    package struct Limits: Sendable {
        /// Arrays and objects that may be open at once.
        package var maximumDepth: Int
        package var maximumBytes: Int
        /// The longest number literal. The canonical form needs 25 bytes at most.
        package static let maximumNumberBytes = 256

        package init(maximumDepth: Int = 16, maximumBytes: Int = 64 * 1024) {
            self.maximumDepth = maximumDepth
            self.maximumBytes = maximumBytes
        }
    }

    let input: [UInt8]
    let limits: Limits
    var offset = 0

    package static func parse(_ bytes: [UInt8], limits: Limits = Limits()) throws(JSONParseError) -> JSONValue {
        guard bytes.count <= limits.maximumBytes else {
            throw JSONParseError(kind: .tooLarge, offset: limits.maximumBytes)
        }
        var parser = JSONParser(input: bytes, limits: limits)
        return try parser.document()
    }

    /// Reads any other buffer of bytes, which is copied once.
    package static func parse(
        _ bytes: some Collection<UInt8>, limits: Limits = Limits()
    ) throws(JSONParseError) -> JSONValue {
        guard bytes.count <= limits.maximumBytes else {
            throw JSONParseError(kind: .tooLarge, offset: limits.maximumBytes)
        }
        return try parse(Array(bytes), limits: limits)
    }

    private init(input: [UInt8], limits: Limits) {
        self.input = input
        self.limits = limits
    }
}

extension JSONParser {
    private mutating func document() throws(JSONParseError) -> JSONValue {
        let marks: [[UInt8]] = [[0xEF, 0xBB, 0xBF], [0xFE, 0xFF], [0xFF, 0xFE]]
        guard !marks.contains(where: input.starts(with:)) else { throw failure(.byteOrderMark) }
        skipWhitespace()
        guard offset < input.count else { throw failure(.empty) }
        let value = try value(depth: 0)
        skipWhitespace()
        guard offset == input.count else { throw failure(.trailingData) }
        return value
    }

    private mutating func value(depth: Int) throws(JSONParseError) -> JSONValue {
        switch try peek() {
        case UInt8(ascii: "{"): .object(try object(depth: depth))
        case UInt8(ascii: "["): .array(try array(depth: depth))
        case UInt8(ascii: "\""): .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
        case UInt8(ascii: "t"): try literal("true", .bool(true))
        case UInt8(ascii: "f"): try literal("false", .bool(false))
        case UInt8(ascii: "n"): try literal("null", .null)
        default: throw unexpected()
        }
    }

    private mutating func object(depth: Int) throws(JSONParseError) -> JSONObject {
        guard depth < limits.maximumDepth else { throw failure(.depthExceeded) }
        offset += 1
        var members: [JSONObject.Member] = []
        var seen = SeenNames()
        skipWhitespace()
        if try peek() == UInt8(ascii: "}") {
            offset += 1
            return JSONObject()
        }
        while true {
            skipWhitespace()
            let start = offset
            guard try peek() == UInt8(ascii: "\"") else { throw unexpected() }
            let name = try string()
            guard seen.insert(name, after: members) else {
                throw JSONParseError(kind: .duplicateKey(name), offset: start)
            }
            skipWhitespace()
            guard try peek() == UInt8(ascii: ":") else { throw unexpected() }
            offset += 1
            skipWhitespace()
            members.append((name, try value(depth: depth + 1)))
            if try endsContainer(with: UInt8(ascii: "}")) { return JSONObject(members) }
        }
    }

    private mutating func array(depth: Int) throws(JSONParseError) -> [JSONValue] {
        guard depth < limits.maximumDepth else { throw failure(.depthExceeded) }
        offset += 1
        var elements: [JSONValue] = []
        skipWhitespace()
        if try peek() == UInt8(ascii: "]") {
            offset += 1
            return elements
        }
        while true {
            skipWhitespace()
            elements.append(try value(depth: depth + 1))
            if try endsContainer(with: UInt8(ascii: "]")) { return elements }
        }
    }

    /// Consumes the comma or the closing byte after an element.
    private mutating func endsContainer(with close: UInt8) throws(JSONParseError) -> Bool {
        skipWhitespace()
        let byte = try peek()
        guard byte == close || byte == UInt8(ascii: ",") else { throw unexpected() }
        offset += 1
        return byte == close
    }

    private mutating func literal(_ word: String, _ value: JSONValue) throws(JSONParseError) -> JSONValue {
        for expected in word.utf8 {
            guard try peek() == expected else { throw unexpected() }
            offset += 1
        }
        return value
    }

    private mutating func skipWhitespace() {
        while offset < input.count {
            switch input[offset] {
            case 0x20, 0x09, 0x0A, 0x0D: offset += 1
            default: return
            }
        }
    }
}

extension JSONParser {
    func peek() throws(JSONParseError) -> UInt8 {
        guard offset < input.count else { throw failure(.unterminated) }
        return input[offset]
    }

    func failure(_ kind: JSONParseError.Kind) -> JSONParseError {
        JSONParseError(kind: kind, offset: offset)
    }

    /// The byte at the offset has no place there.
    func unexpected() -> JSONParseError {
        failure(input[offset] == 0 ? .nulCharacter : .unexpectedByte)
    }
}

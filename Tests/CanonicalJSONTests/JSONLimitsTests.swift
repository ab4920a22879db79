import CanonicalJSON
import Testing

@Suite("JSON limits")
struct JSONLimitsTests {
    @Test("as many containers may be open as the limit says, and not one more", arguments: [1, 2, 16, 100])
    func depth(limit: Int) throws {
        let limits = JSONParser.Limits(maximumDepth: limit)
        for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
            let allowed = String(repeating: open, count: limit) + "1" + String(repeating: close, count: limit)
            #expect(throws: Never.self) { try JSONParser.parse(allowed.utf8, limits: limits) }
            #expect(throws: JSONParseError(kind: .depthExceeded, offset: open.utf8.count * limit)) {
                try JSONParser.parse((open + allowed + close).utf8, limits: limits)
            }
        }
    }

    @Test("depth counts what is open, not what was")
    func siblings() throws {
        let text = "[" + Array(repeating: "[]", count: 100).joined(separator: ",") + "]"
        #expect(try JSONParser.parse(text.utf8, limits: .init(maximumDepth: 2)).arrayValue?.count == 100)
    }

    @Test("a scalar has no depth")
    func scalar() throws {
        #expect(try JSONParser.parse("1".utf8, limits: .init(maximumDepth: 0)) == .integer(1))
    }

    @Test("a hundred thousand open brackets are refused like seventeen")
    func bomb() {
        let limits = JSONParser.Limits(maximumBytes: 1 << 20)
        #expect(throws: JSONParseError(kind: .depthExceeded, offset: 16)) {
            try JSONParser.parse(Array(repeating: UInt8(ascii: "["), count: 100_000), limits: limits)
        }
    }

    @Test("the longest text is accepted, one byte more is refused")
    func size() throws {
        let limits = JSONParser.Limits(maximumBytes: 10)
        #expect(try JSONParser.parse("\"12345678\"".utf8, limits: limits) == .string("12345678"))
        for tooLong in ["\"123456789\"", "1          "] {
            #expect(throws: JSONParseError(kind: .tooLarge, offset: 10)) {
                try JSONParser.parse(tooLong.utf8, limits: limits)
            }
            #expect(throws: JSONParseError(kind: .tooLarge, offset: 10)) {
                try JSONParser.parse(Array(tooLong.utf8), limits: limits)
            }
        }
    }

    @Test("the defaults are 16 levels and 64 KiB")
    func defaults() {
        #expect(JSONParser.Limits().maximumDepth == 16)
        #expect(JSONParser.Limits().maximumBytes == 65_536)
    }

    @Test("a number of the greatest length is accepted, a longer one refused")
    func numberLength() throws {
        let text = "0." + String(repeating: "1", count: JSONParser.Limits.maximumNumberBytes - 2)
        #expect(try JSONParser.parse(text.utf8) == .double(0.1111111111111111))
        #expect(throws: JSONParseError(kind: .tooLarge, offset: 1)) { try JSONParser.parse("[\(text)1]".utf8) }
        let integer = String(repeating: "1", count: JSONParser.Limits.maximumNumberBytes + 1)
        #expect(throws: JSONParseError(kind: .tooLarge, offset: 0)) { try JSONParser.parse(integer.utf8) }
    }

    @Test("a repeated name is found in objects of any size", arguments: [2, 7, 8, 9, 10, 1_000, 5_000])
    func duplicates(count: Int) throws {
        let names = (0..<count).map { "n\($0)" }
        let limits = JSONParser.Limits(maximumBytes: 1 << 20)
        for repeated in [names.first, names.last].compactMap(\.self) {
            let members = (names + [repeated]).map { #""\#($0)":0"# }.joined(separator: ",")
            let offset = 1 + members.utf8.count - repeated.utf8.count - 4
            #expect(throws: JSONParseError(kind: .duplicateKey(repeated), offset: offset)) {
                try JSONParser.parse("{\(members)}".utf8, limits: limits)
            }
        }
        let members = names.map { #""\#($0)":0"# }.joined(separator: ",")
        #expect(try JSONParser.parse("{\(members)}".utf8, limits: limits).objectValue?.count == count)
    }
}

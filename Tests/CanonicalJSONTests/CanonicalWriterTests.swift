import CanonicalJSON
import Testing

@Suite("Canonical writer")
struct CanonicalWriterTests {
    @Test("every kind of value is written, with commas where they belong")
    func everything() {
        var writer = CanonicalWriter(reserving: 16)
        writer.beginObject()
        writer.key("array")
        writer.beginArray()
        writer.null()
        writer.bool(true)
        writer.bool(false)
        writer.integer(-42)
        writer.integerText(.max)
        writer.integerText(.min)
        writer.string("a\"b")
        writer.beginArray()
        writer.endArray()
        writer.beginObject()
        writer.endObject()
        writer.raw(Array(#"{"x":[1]}"#.utf8))
        writer.raw(Array("1".utf8))
        writer.endArray()
        writer.key("object")
        writer.beginObject()
        writer.key("")
        writer.string("")
        writer.key("k\n")
        writer.integer(0)
        writer.endObject()
        writer.key("z")
        writer.null()
        writer.endObject()
        let expected =
            #"{"array":[null,true,false,-42,"9223372036854775807","-9223372036854775808","a\"b",[],{},{"x":[1]},1],"#
            + #""object":{"":"","k\n":0},"z":null}"#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
    }

    @Test(
        "strings that end in structural bytes do not confuse the commas", arguments: ["{", "[", ":", ",", "\\", "\""])
    func structuralText(text: String) throws {
        var writer = CanonicalWriter()
        writer.beginArray()
        writer.string(text)
        writer.string(text)
        writer.endArray()
        #expect(try JSONParser.parse(writer.bytes) == .array([.string(text), .string(text)]))
    }

    @Test("the greatest number that every reader holds is written as a number", arguments: [1, -1])
    func greatestInteger(sign: Int) {
        var writer = CanonicalWriter()
        writer.integer(sign * CanonicalWriter.maximumInteger)
        #expect(writer.bytes == Array("\(sign * 9_007_199_254_740_991)".utf8))
    }

    @Test("what is written without escapes is what is written with them")
    func plain() {
        var plain = CanonicalWriter()
        plain.beginObject()
        plain.plainKey("a")
        plain.plainString { $0.append(contentsOf: "x".utf8) }
        plain.plainKey("b")
        plain.time(microseconds: 1)
        plain.endObject()
        var usual = CanonicalWriter()
        usual.beginObject()
        usual.key("a")
        usual.string("x")
        usual.key("b")
        usual.string(RFC3339.format(microseconds: 1))
        usual.endObject()
        #expect(plain.bytes == usual.bytes)
        plain.removeAll()
        plain.beginArray()
        plain.endArray()
        #expect(plain.bytes == Array("[]".utf8))
    }

    @Test("the writer and the value agree on any document")
    func agreement() throws {
        var random = SeededGenerator.forTest()
        for _ in 0..<500 {
            let value = JSONValue.random(using: &random)
            var writer = CanonicalWriter()
            writer.write(value)
            #expect(writer.bytes == value.canonicalBytes())
        }
    }

    #if DEBUG && compiler(>=6.2)
        @Test("debug builds stop at keys that do not ascend")
        func order() async {
            await #expect(processExitsWith: .failure) {
                var writer = CanonicalWriter()
                writer.beginObject()
                writer.key("b")
                writer.null()
                writer.key("a")
            }
        }

        @Test("debug builds stop at numbers that some readers would round")
        func largeInteger() async {
            await #expect(processExitsWith: .failure) {
                var writer = CanonicalWriter()
                writer.integer(CanonicalWriter.maximumInteger + 1)
            }
        }
    #endif
}

extension CanonicalWriter {
    fileprivate mutating func write(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .integer, .double: raw(value.canonicalBytes())
        case .string(let value): string(value)
        case .array(let elements):
            beginArray()
            for element in elements { write(element) }
            endArray()
        case .object(let object):
            beginObject()
            for member in object.members.sorted(by: { $0.name.utf16.lexicographicallyPrecedes($1.name.utf16) }) {
                key(member.name)
                write(member.value)
            }
            endObject()
        }
    }
}

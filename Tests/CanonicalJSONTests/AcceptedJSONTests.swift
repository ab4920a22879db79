import CanonicalJSON
import Testing

@Suite("Accepted JSON")
struct AcceptedJSONTests {
    static let documents: [(String, JSONValue)] = [
        ("null", .null), (" true ", .bool(true)), ("\n\tfalse\r", .bool(false)), ("0", .integer(0)),
        ("-1", .integer(-1)), ("1.0", .double(1)), ("1e2", .double(100)), ("1E+2", .double(100)),
        ("12.5e-1", .double(1.25)), ("0e0", .double(0)), ("0.0", .double(0)), ("1e-400", .double(0)),
        ("1e21", .double(1e21)), ("1e308", .double(1e308)), ("5e-324", .double(.leastNonzeroMagnitude)),
        (#""""#, .string("")),
        (#""\u0041\u00e9\u20AC\ud83d\uDE00""#, .string("Aé€\u{1F600}")),
        (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{C}\n\r\t")),
        (
            "\"\u{7F}\u{80}\u{7FF}\u{800}\u{FFFD}\u{10000}\u{10FFFD}\"",
            .string("\u{7F}\u{80}\u{7FF}\u{800}\u{FFFD}\u{10000}\u{10FFFD}")
        ),
        ("\"\u{FEFF}\"", .string("\u{FEFF}")), ("[ ]", .array([])), ("{ }", .object([:])),
        (#"[1 , "a" ,[ ] ]"#, .array([.integer(1), .string("a"), .array([])])),
        (#"{ "a" : { "b" : [ null ] } , "" : 1 }"#, .object(["a": .object(["b": .array([.null])]), "": .integer(1)])),
    ]

    @Test(
        "every kind of value is read",
        arguments: documents)
    func accepted(text: String, value: JSONValue) throws {
        #expect(try JSONParser.parse(text.utf8) == value)
        #expect(try JSONParser.parse(Array(text.utf8)) == value)
    }

    @Test("minus zero keeps its sign in memory and loses it in the canonical form", arguments: ["-0", "-0.0", "-0e1"])
    func minusZero(text: String) throws {
        let value = try JSONParser.parse(text.utf8)
        guard case .double(let zero) = value else {
            Issue.record("\(value)")
            return
        }
        #expect(zero.sign == .minus)
        #expect(value.text == "0")
    }

    @Test("members keep the order in which they were read")
    func order() throws {
        let value = try JSONParser.parse(#"{"z":1,"a":2,"m":3}"#.utf8)
        #expect(value.objectValue?.members.map(\.name) == ["z", "a", "m"])
    }

    @Test("an unsafe buffer is read like an array")
    func buffers() throws {
        let value = try Array("[1]".utf8).withUnsafeBytes { buffer in try JSONParser.parse(buffer) }
        #expect(value == .array([.integer(1)]))
    }
}

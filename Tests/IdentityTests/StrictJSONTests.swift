import Foundation
import Testing

@testable import Identity

@Suite struct StrictJSONTests {
    @Test(
        "a value is read",
        arguments: [
            ("null", .null), (" true ", .bool(true)), ("false", .bool(false)), ("0", .integer(0)),
            ("-0", .integer(0)), ("-7", .integer(-7)), ("9223372036854775807", .integer(.max)),
            ("9223372036854775808", .otherNumber), ("1.0", .otherNumber), ("1e3", .otherNumber),
            ("1E+3", .otherNumber), ("[]", .array([])), ("{}", .object([:])),
            (#"[1, "a",[]]"#, .array([.integer(1), .string("a"), .array([])])),
            (#"{"a":{"a":1}}"#, .object(["a": .object(["a": .integer(1)])])),
            (#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é""#, .string("\"\\/\u{8}\u{c}\n\r\té😀é")),
        ] as [(String, StrictJSON)])
    func accepted(text: String, value: StrictJSON) {
        #expect(StrictJSON(parsing: Array(text.utf8)) == value)
    }

    @Test(
        "what is not strict JSON is refused",
        arguments: [
            "", " ", "nul", "truex", "01", "-", "+1", ".5", "1.", "1e", "0x1", "NaN", "[1,]", "[,1]", "[1", "{",
            #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{a:1}"#, #"{'a':1}"#, #"{"a":1 "b":2}"#, #"{"a":1,"a":1}"#,
            #"{"a":1,"\u0061":2}"#, #"[{"x":{"b":1,"b":2}}]"#, #"""#, #""\x""#, #""\u12""#, #""\u+123""#,
            #""\ud83d""#, #""\ud83dx""#, #""\ud83d\u0041""#, #""\ude00""#, "\"\n\"", "\"\u{0}\"", "1 2", "{}{}",
            "\u{FEFF}{}", "/**/1",
        ])
    func refused(text: String) {
        #expect(StrictJSON(parsing: Array(text.utf8)) == nil)
    }

    @Test("text that is not UTF-8 is refused", arguments: [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80]])
    func notUTF8(bytes: [UInt8]) {
        #expect(StrictJSON(parsing: [0x22] + bytes + [0x22]) == nil)
    }

    @Test("nesting is limited", arguments: [(16, true), (17, false), (100_000, false)])
    func nesting(depth: Int, isAccepted: Bool) {
        let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        #expect((StrictJSON(parsing: Array(text.utf8)) != nil) == isAccepted)
    }

    @Test("base64url reads back what it writes, in its only spelling")
    func base64RoundTrip() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + count) }
            let text = Base64URL.encode(bytes)
            #expect(Base64URL.decode(text.utf8) == bytes)
            let foundation = Data(bytes).base64EncodedString()
                .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
            #expect(text == foundation)
        }
    }

    @Test(
        "another spelling of base64url is refused",
        arguments: ["A", "AA==", "AB", "AAB", "AA\n", "A A", "+A", "/A", "é"])
    func base64Refused(text: String) {
        #expect(Base64URL.decode(text.utf8) == nil)
    }
}

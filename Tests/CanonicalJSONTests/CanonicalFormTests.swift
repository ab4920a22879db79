import CanonicalJSON
import Testing

@Suite("Canonical form")
struct CanonicalFormTests {
    @Test("the sample of RFC 8785 section 3.2.2 has the bytes of section 3.2.4")
    func sample() throws {
        let source = #"""
            {
              "numbers": [333333333.33333329, 1E30, 4.50,
                          2e-3, 0.000000000000000000000000001],
              "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
              "literals": [null, true, false]
            }
            """#
        let expected: [UInt8] = [
            0x7b, 0x22, 0x6c, 0x69, 0x74, 0x65, 0x72, 0x61, 0x6c, 0x73, 0x22, 0x3a, 0x5b, 0x6e, 0x75, 0x6c, 0x6c, 0x2c,
            0x74, 0x72, 0x75, 0x65, 0x2c, 0x66, 0x61, 0x6c, 0x73, 0x65, 0x5d, 0x2c, 0x22, 0x6e, 0x75, 0x6d, 0x62, 0x65,
            0x72, 0x73, 0x22, 0x3a, 0x5b, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x2e, 0x33, 0x33, 0x33,
            0x33, 0x33, 0x33, 0x33, 0x2c, 0x31, 0x65, 0x2b, 0x33, 0x30, 0x2c, 0x34, 0x2e, 0x35, 0x2c, 0x30, 0x2e, 0x30,
            0x30, 0x32, 0x2c, 0x31, 0x65, 0x2d, 0x32, 0x37, 0x5d, 0x2c, 0x22, 0x73, 0x74, 0x72, 0x69, 0x6e, 0x67, 0x22,
            0x3a, 0x22, 0xe2, 0x82, 0xac, 0x24, 0x5c, 0x75, 0x30, 0x30, 0x30, 0x66, 0x5c, 0x6e, 0x41, 0x27, 0x42, 0x5c,
            0x22, 0x5c, 0x5c, 0x5c, 0x5c, 0x5c, 0x22, 0x2f, 0x22, 0x7d,
        ]
        #expect(try JSONParser.parse(source.utf8).canonicalBytes() == expected)
    }

    @Test("members sort by UTF-16 code units as in RFC 8785 section 3.2.3")
    func sorting() throws {
        let source = #"""
            {
              "\u20ac": "Euro Sign",
              "\r": "Carriage Return",
              "\ufb33": "Hebrew Letter Dalet With Dagesh",
              "1": "One",
              "\ud83d\ude00": "Emoji: Grinning Face",
              "\u0080": "Control",
              "\u00f6": "Latin Small Letter O With Diaeresis"
            }
            """#
        let sorted = try JSONParser.parse(JSONParser.parse(source.utf8).canonicalBytes())
        #expect(
            sorted.objectValue?.members.map { $0.value.stringValue } == [
                "Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign",
                "Emoji: Grinning Face", "Hebrew Letter Dalet With Dagesh",
            ])
    }

    @Test("sorting agrees with comparing UTF-16 code units, for every pair of telling names")
    func sortingPairs() {
        let names = [
            "", "a", "aa", "b", "\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{FFFD}",
            "\u{10000}", "\u{10FFFD}", "a\u{E000}", "a\u{10000}", "\u{10000}\u{E000}", "\u{10000}\u{10000}",
            "\u{1F600}", "\u{1F600}a", "é", "e\u{301}",
        ]
        for left in names {
            for right in names where !left.utf8.elementsEqual(right.utf8) {
                let object = JSONValue.object(JSONObject([(left, .null), (right, .null)]))
                let first = left.utf16.lexicographicallyPrecedes(right.utf16) ? left : right
                let expected = "{" + JSONValue.string(first).text + ":"
                #expect(object.canonicalBytes().starts(with: expected.utf8), "\(left) \(right)")
            }
        }
    }

    @Test(
        "strings escape what RFC 8785 section 3.2.2.2 says and nothing else",
        arguments: [
            ("", #""""#), ("plain", #""plain""#), ("\"\\/", #""\"\\/""#), ("\u{8}\t\n\u{C}\r", #""\b\t\n\f\r""#),
            ("\u{0}\u{1}\u{1F}", #""\u0000\u0001\u001f""#), ("\u{7F}", "\"\u{7F}\""),
            ("é€\u{1F600}", "\"é€\u{1F600}\""),
            ("\u{2028}\u{2029}", "\"\u{2028}\u{2029}\""), ("tail\n", #""tail\n""#),
        ])
    func strings(value: String, text: String) {
        #expect(JSONValue.string(value).canonicalBytes() == Array(text.utf8))
    }

    @Test("containers carry no white space", arguments: ["[]", "{}", "[[],{}]", #"{"a":[1,"b",null],"c":{"d":true}}"#])
    func containers(text: String) throws {
        let spaced = text.replacing(",", with: " ,\n").replacing("[", with: "[\t").replacing("}", with: "\r}")
        #expect(try JSONParser.parse(spaced.utf8).text == text)
    }

    @Test("writing appends to what is there")
    func appending() {
        var bytes: [UInt8] = Array("x".utf8)
        JSONValue.array([.bool(false)]).write(to: &bytes)
        #expect(bytes == Array("x[false]".utf8))
    }
}

extension JSONValue {
    /// The canonical form as text.
    var text: String { String(decoding: canonicalBytes(), as: UTF8.self) }
}

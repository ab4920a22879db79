import CanonicalJSON
import Testing

@Suite("Strict parsing")
struct StrictParsingTests {
    static let malformed: [(String, JSONParseError.Kind, Int)] = [
        ("", .empty, 0), (" \t\r\n", .empty, 4),
        // Structure.
        ("[", .unterminated, 1), ("{", .unterminated, 1), ("[1", .unterminated, 2), ("[1,", .unterminated, 3),
        (#"{"a""#, .unterminated, 4), (#"{"a":"#, .unterminated, 5), (#"{"a":1"#, .unterminated, 6),
        (#"{"a":1,"#, .unterminated, 7), ("]", .unexpectedByte, 0), ("}", .unexpectedByte, 0),
        ("[1}", .unexpectedByte, 2), (#"{"a":1]"#, .unexpectedByte, 6), ("[,1]", .unexpectedByte, 1),
        ("[1,]", .unexpectedByte, 3), ("[1,,2]", .unexpectedByte, 3), ("[1 2]", .unexpectedByte, 3),
        (#"{"a":1,}"#, .unexpectedByte, 7), (#"{,"a":1}"#, .unexpectedByte, 1), (#"{"a" 1}"#, .unexpectedByte, 5),
        (#"{"a":}"#, .unexpectedByte, 5), (#"{a:1}"#, .unexpectedByte, 1), (#"{1:1}"#, .unexpectedByte, 1),
        (#"{'a':1}"#, .unexpectedByte, 1), (#"{"a"::1}"#, .unexpectedByte, 5), (#"{"a":1 "b":2}"#, .unexpectedByte, 7),
        ("1 2", .trailingData, 2), ("[]]", .trailingData, 2), ("{}x", .trailingData, 2), ("nullx", .trailingData, 4),
        ("// c\n1", .unexpectedByte, 0), ("1 /* c */", .trailingData, 2), ("\u{A0}1", .unexpectedByte, 0),
        // Literals.
        ("tru", .unterminated, 3), ("trux", .unexpectedByte, 3), ("True", .unexpectedByte, 0),
        ("nul", .unterminated, 3), ("fals]", .unexpectedByte, 4), ("NaN", .unexpectedByte, 0),
        ("Infinity", .unexpectedByte, 0), ("undefined", .unexpectedByte, 0), ("'a'", .unexpectedByte, 0),
        // Names.
        (#"{"a":1,"a":2}"#, .duplicateKey("a"), 7), (#"{"a":1,"\u0061":2}"#, .duplicateKey("a"), 7),
        (#"{"":1,"":1}"#, .duplicateKey(""), 6), (#"[{"k":{"x":1,"y":2,"x":3}}]"#, .duplicateKey("x"), 19),
    ]

    @Test(
        "what is not JSON is refused, with its place",
        arguments: malformed)
    func refused(text: String, kind: JSONParseError.Kind, offset: Int) {
        #expect(throws: JSONParseError(kind: kind, offset: offset)) { try JSONParser.parse(text.utf8) }
    }

    static let badNumbers: [(String, JSONParseError.Kind)] = [
        ("-", .invalidNumber), ("--1", .invalidNumber), ("-a", .invalidNumber), ("01", .invalidNumber),
        ("-01", .invalidNumber), ("00", .invalidNumber), ("1.", .invalidNumber), ("1.e1", .invalidNumber),
        ("1e", .invalidNumber), ("1e+", .invalidNumber), ("1E-x", .invalidNumber), ("0e", .invalidNumber),
        ("-Infinity", .invalidNumber), ("-NaN", .invalidNumber), ("9223372036854775808", .numberOutOfRange),
        ("-9223372036854775809", .numberOutOfRange), ("100000000000000000000", .numberOutOfRange),
        ("1e400", .numberOutOfRange), ("-1e400", .numberOutOfRange), ("1.8e308", .numberOutOfRange),
        ("9223372036854775808.0", .numberOutOfRange), ("1e20", .numberOutOfRange), ("-1e19", .numberOutOfRange),
    ]

    @Test(
        "numbers follow the grammar and fit",
        arguments: badNumbers)
    func numbers(text: String, kind: JSONParseError.Kind) {
        #expect(throws: JSONParseError(kind: kind, offset: 0)) { try JSONParser.parse(text.utf8) }
    }

    @Test(
        "what merely begins like a number is refused",
        arguments: ["+1", ".5", "1.5.5", "0x1", "1a", "1_000", "1,0", "１"])
    func almostNumbers(text: String) {
        #expect(throws: JSONParseError.self) { try JSONParser.parse(text.utf8) }
    }

    static let badStrings: [(String, JSONParseError.Kind, Int)] = [
        (#"""#, .unterminated, 1), (#""abc"#, .unterminated, 4), (#""\"#, .unterminated, 2),
        (#""\""#, .unterminated, 3),
        (#""\u"#, .unterminated, 3), (#""\u00"#, .unterminated, 5), (#""\x41""#, .invalidEscape, 1),
        (#""\a""#, .invalidEscape, 1), (#""\'""#, .invalidEscape, 1), (#""\U0041""#, .invalidEscape, 1),
        (#""ab\u00g0""#, .invalidEscape, 3), (#""\u+041""#, .invalidEscape, 1), (#""\u 041""#, .invalidEscape, 1),
        ("\"a\nb\"", .controlCharacter, 2), ("\"\t\"", .controlCharacter, 1), ("\"\u{1F}\"", .controlCharacter, 1),
        ("\"a\u{0}\"", .nulCharacter, 2), ("\u{0}", .nulCharacter, 0), ("[1\u{0}]", .nulCharacter, 2),
        (#""a\u0000""#, .nulCharacter, 2), (#""\ud800""#, .loneSurrogate, 1), (#""\udc00""#, .loneSurrogate, 1),
        (#""\ud800\ud800""#, .loneSurrogate, 1), (#""\ud800\u0041""#, .loneSurrogate, 1),
        (#""\ud800\n""#, .loneSurrogate, 1), (#""\udc00\ud800""#, .loneSurrogate, 1), (#""\ud800"#, .loneSurrogate, 1),
        (#""\ud800\ug""#, .invalidEscape, 7), (#"{"\ud800":1}"#, .loneSurrogate, 2),
        (#""\uffff""#, .noncharacter, 1), (#""\ufdd0""#, .noncharacter, 1), (#""\ud83f\udffe""#, .noncharacter, 1),
    ]

    @Test(
        "strings are closed and escaped properly",
        arguments: badStrings)
    func strings(text: String, kind: JSONParseError.Kind, offset: Int) {
        #expect(throws: JSONParseError(kind: kind, offset: offset)) { try JSONParser.parse(text.utf8) }
    }

    @Test(
        "bytes that are not UTF-8 are refused, overlong forms and surrogates included",
        arguments: [
            [0x80], [0xBF], [0xC0, 0xAF], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x80, 0xAF], [0xE0, 0x9F, 0xBF],
            [0xE2, 0x82], [0xE2, 0x82, 0x41], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF0, 0x9F, 0x98], [0xF0, 0x9F, 0x98, 0x22], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE],
            [0xFF],
        ] as [[UInt8]])
    func encoding(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        for text in [[quote] + bytes + [quote], [quote] + bytes] {
            #expect(throws: JSONParseError(kind: .invalidUTF8, offset: 1)) { try JSONParser.parse(text) }
        }
        #expect(throws: JSONParseError(kind: .invalidUTF8, offset: 3)) {
            try JSONParser.parse([quote, UInt8(ascii: "\\"), UInt8(ascii: "n")] + bytes + [quote])
        }
    }

    @Test(
        "the code points that are no characters are refused",
        arguments: [
            [0xEF, 0xB7, 0x90], [0xEF, 0xB7, 0xAF], [0xEF, 0xBF, 0xBE], [0xEF, 0xBF, 0xBF], [0xF0, 0x9F, 0xBF, 0xBE],
            [0xF4, 0x8F, 0xBF, 0xBF],
        ] as [[UInt8]])
    func noncharacters(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        #expect(throws: JSONParseError(kind: .noncharacter, offset: 1)) {
            try JSONParser.parse([quote] + bytes + [quote])
        }
    }

    @Test(
        "a byte order mark is refused",
        arguments: [[0xEF, 0xBB, 0xBF, 0x31], [0xFE, 0xFF, 0, 0x31], [0xFF, 0xFE]] as [[UInt8]])
    func byteOrderMark(bytes: [UInt8]) {
        #expect(throws: JSONParseError(kind: .byteOrderMark, offset: 0)) { try JSONParser.parse(bytes) }
    }

    @Test("an error's description keeps names to itself")
    func redaction() {
        let error = JSONParseError(kind: .duplicateKey("secret"), offset: 3)
        #expect(!error.description.contains("secret"))
        #expect(error.debugDescription.contains("secret"))
    }
}

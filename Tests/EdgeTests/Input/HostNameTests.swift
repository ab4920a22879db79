import Testing

@testable import Edge

@Suite("Host names")
struct HostNameTests {
    @Test(
        "a host name is accepted",
        arguments: [
            "example.com", "a.b", "shop.example.com", "x1.example", "1.example", "a-b.example", "3com.com",
            "123.456.example", "xn--bcher-kva.example", "xn--mnchen-3ya.de", "xn--fiqs8s.xn--fiqs8s",
            "www.xn--80ak6aa92e.com", "xn--p1ai.xn--p1ai", "a--b.example", "example.c0m", "vendor.internal",
            "xn--nxasmq6b.example", "xn--wgv71a119e.jp",
            String(repeating: "a", count: 63) + ".example",
            (0..<126).map { _ in "a" }.joined(separator: ".") + ".a",
        ])
    func accepted(host: String) {
        #expect(HostName.validate(host) == nil)
    }

    @Test(
        "anything else is refused with its fault",
        arguments: [
            ("", .length), (String(repeating: "a.", count: 127), .length), ("https://example.com", .scheme),
            ("//example.com", .path), ("example.com/", .path), ("example.com/path", .path), ("example.com?x", .path),
            ("example.com#x", .path), ("example.com\\x", .path), ("example.com:443", .port), ("example.com:", .port),
            ("user@example.com", .userinfo), ("user:pass@example.com", .userinfo), ("[::1]", .addressLiteral),
            ("[2001:db8::1]:443", .addressLiteral), ("::1", .addressLiteral), ("2001:db8::1", .addressLiteral),
            ("127.0.0.1", .addressLiteral), ("1.2.3.4", .addressLiteral), ("999.1.1.1", .addressLiteral),
            ("1.2.3", .numericTopLevel), ("example.123", .numericTopLevel), ("example.com.", .trailingDot),
            (".", .emptyLabel), ("..", .trailingDot), ("a..b", .emptyLabel), (".example.com", .emptyLabel),
            ("example", .singleLabel), ("localhost", .localName), ("shop.localhost", .localName),
            ("Example.com", .upperCase), ("EXAMPLE.COM", .upperCase), ("example.Com", .upperCase),
            ("under_score.example", .character), ("_dmarc.example.com", .character), ("*.example.com", .character),
            ("exa mple.com", .character), (" example.com", .character), ("example.com\n", .character),
            ("example.com\0", .character), ("bücher.example", .character), ("ｅxample.com", .character),
            ("example。com", .character), ("exam%70le.com", .character), ("-a.example", .hyphen),
            ("a-.example", .hyphen), ("example.-com", .hyphen), ("-.example", .hyphen),
            ("ab--cd.example", .reservedHyphens), ("zz--x.example", .reservedHyphens), ("xn--.example", .hyphen),
            ("xn--a.example", .punycode), ("xn--abc-.example", .hyphen), ("xn--99999999.example", .punycode),
            ("xn--bcher-kv.example", .punycode), ("xn--zzzzzzzzz.example", .punycode),
            (String(repeating: "a", count: 64) + ".example", .labelLength), ("example.com,example.org", .character),
        ] as [(String, HostName.Fault)])
    func refused(host: String, fault: HostName.Fault) {
        #expect(HostName.validate(host) == fault)
        #expect(!fault.detail.isEmpty)
    }
}

@Suite("Punycode")
struct PunycodeTests {
    /// RFC 3492 section 7.1, in lower case.
    @Test(
        "the samples of RFC 3492 are decoded and encoded",
        arguments: [
            ("egbpdaj6bu4bxfgehfvwxn", "ليهمابتكلموشعربي؟"), ("ihqwcrb4cv8a8dqg056pqjye", "他们为什么不说中文"),
            ("ihqwctvzc91f659drss3x8bo0yb", "他們爲什麽不說中文"),
            ("4dbcagdahymbxekheh6e0a7fei0b", "למההםפשוטלאמדבריםעברית"),
            ("i1baa7eci9glrd9b2ae1bj0hfcgg6iyaf8o0a1dig0cd", "यहलोगहिन्दीक्योंनहींबोलसकतेहैं"),
            ("n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa", "なぜみんな日本語を話してくれないのか"),
            (
                "989aomsvi5e83db1d2a355cv1e0vak1dwrv93d5xbh15a0dt30a5jpsd879ccm6fea98c",
                "세계의모든사람들이한국어를이해한다면얼마나좋을까"
            ),
            ("b1abfaaepdrnnbgefbadotcwatmq2g4l", "почемужеонинеговорятпорусски"),
            ("3b-ww4c5e180e575a65lsy2b", "3年b組金八先生"), ("-> $1.00 <--", "-> $1.00 <-"),
            ("mnchen-3ya", "münchen"), ("ls8h", "💩"),
        ])
    func samples(encoded: String, decoded: String) throws {
        let scalars = try #require(Punycode.decode(Array(encoded.utf8)[...]))
        #expect(scalars == Array(decoded.unicodeScalars))
        #expect(String(decoding: Punycode.encode(scalars), as: UTF8.self) == encoded)
    }

    @Test(
        "overflow, controls, other spellings and truncation are refused",
        arguments: ["99999999", "a", "zzzzzzzzz", "bcher-kv", "é", "bcher-KVA", "bcher-kv!", "0000000"])
    func refused(text: String) {
        let bytes = Array(text.utf8)
        #expect(!Punycode.decodesToUnicodeLabel(bytes[...]))
    }

    @Test("decoding never traps, and what decodes encodes back")
    func randomised() {
        var generator = SeededGenerator()
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789-".utf8)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...59, using: &generator)
            let bytes = (0..<count).map { _ in alphabet.randomElement(using: &generator) ?? 0x61 }
            if Punycode.decodesToUnicodeLabel(bytes[...]), let scalars = Punycode.decode(bytes[...]) {
                #expect(Punycode.encode(scalars) == bytes)
            }
        }
    }
}

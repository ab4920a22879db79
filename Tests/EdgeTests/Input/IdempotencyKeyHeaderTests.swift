import HTTPTypes
import Testing

@testable import Edge

@Suite("The Idempotency-Key header")
struct IdempotencyKeyHeaderTests {
    private func headers(_ values: String...) -> HTTPFields {
        var headers = HTTPFields()
        for value in values { headers.append(HTTPField(name: .idempotencyKey, value: value)) }
        return headers
    }

    @Test(
        "a key is read with or without quotes",
        arguments: [
            ("abc", "abc"), (#""abc""#, "abc"), ("  abc ", "abc"), (#""a,b;c""#, "a,b;c"), (#""a\"b\\c""#, #"a"b\c"#),
            ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"), ("!", "!"), ("~", "~"),
            (String(repeating: "k", count: 255), String(repeating: "k", count: 255)),
        ])
    func accepted(value: String, key: String) throws {
        #expect(try IdempotencyKeyHeader.read(headers(value)) == key)
        #expect(try IdempotencyKeyHeader.require(headers(value)) == key)
    }

    @Test(
        "anything else is refused",
        arguments: [
            "", " ", #""""#, "a b", #""a b""#, #""abc"#, #"abc""#, #"a"b"#, #""a"b"#, #""a";p=1"#, "a,b", "a;b",
            #""a\b""#, #""a\"#, #""a","b""#, "é", "\"é\"", #"a\b"#, String(repeating: "k", count: 256),
        ])
    func refused(value: String) {
        #expect(throws: ProblemDetails.self) { try IdempotencyKeyHeader.read(headers(value)) }
    }

    @Test("control characters are refused", arguments: ["a\u{7F}", "\"a\u{7F}\"", "a\0", "\"a\tb\"", "\r\n"])
    func controls(value: String) {
        #expect(IdempotencyKeyHeader.parse(value) == nil)
    }

    @Test("several headers are refused, even if they agree")
    func several() throws {
        let problem = #expect(throws: ProblemDetails.self) { try IdempotencyKeyHeader.read(headers("a", "a")) }
        #expect(problem?.kind == .idempotencyKeyInvalid)
    }

    @Test("an absent key is nil, or refused where it is required")
    func absent() throws {
        #expect(try IdempotencyKeyHeader.read([:]) == nil)
        let problem = #expect(throws: ProblemDetails.self) { try IdempotencyKeyHeader.require([:]) }
        #expect(problem?.kind == .idempotencyKeyRequired)
    }
}

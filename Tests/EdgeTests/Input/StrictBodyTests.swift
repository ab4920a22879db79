import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@testable import Edge

@Suite("Request bodies")
struct StrictBodyTests {
    static let badBodies: [(String, Int, String)] = [
        ("", 400, "malformed-json"), ("  ", 400, "malformed-json"), ("{", 400, "malformed-json"),
        (#"{"units":1"#, 400, "malformed-json"), (#"{"units":1}{"#, 400, "malformed-json"),
        (#"{"units":1} x"#, 400, "malformed-json"), (#"{"units":01}"#, 400, "malformed-json"),
        (#"{"units":1,}"#, 400, "malformed-json"), (#"{'units':1}"#, 400, "malformed-json"),
        (#"{"units":NaN}"#, 400, "malformed-json"), (#"{"units":1}//"#, 400, "malformed-json"),
        ("\u{FEFF}{\"units\":1}", 400, "malformed-json"), ("{\"note\":\"a\tb\"}", 400, "malformed-json"),
        (#"{"note":"\x41"}"#, 400, "malformed-json"),
        (#"{"units":1,"units":2}"#, 422, "validation"), (#"{"units":1,"\u0075nits":2}"#, 422, "validation"),
        (#"{"note":"\ud800"}"#, 422, "validation"), (#"{"note":"\u0000"}"#, 422, "validation"),
        (#"{"note":{"a":{"b":{"c":{}}}}}"#, 422, "validation"),
        (#"{"units":99999999999999999999}"#, 422, "validation"),
        ("[]", 422, "validation"), ("1", 422, "validation"), ("null", 422, "validation"), (#""x""#, 422, "validation"),
        ("{}", 422, "validation"), (#"{"units":0}"#, 422, "validation"), (#"{"units":101}"#, 422, "validation"),
        (#"{"units":1.5}"#, 422, "validation"), (#"{"units":"1"}"#, 422, "validation"),
        (#"{"units":null}"#, 422, "validation"), (#"{"units":1,"note":null}"#, 422, "validation"),
        (#"{"units":1,"note":""}"#, 422, "validation"),
        (#"{"units":1,"note":"aaaaaaaaaaaaaaaaaaaaa"}"#, 422, "validation"),
        (#"{"units":1,"cart":[]}"#, 422, "validation"), (#"{"Units":1}"#, 422, "validation"),
    ]

    @Test("a bad body is refused with its kind", arguments: badBodies)
    func badBody(body: String, status: Int, slug: String) async throws {
        try await TestService.application().test(.router) { client in
            let response = try await client.execute(
                uri: "/v1/things", method: .post, headers: [.contentType: "application/json"],
                body: ByteBuffer(string: body))
            #expect(response.status.code == status)
            #expect(try ProblemDocument(response).slug == slug)
        }
    }

    @Test(
        "a body that is not UTF-8 is refused", arguments: [[0xC3, 0x28], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xFF]])
    func badEncoding(bytes: [UInt8]) async throws {
        try await TestService.application().test(.router) { client in
            let body = Array(#"{"units":1,"note":""#.utf8) + bytes + Array(#""}"#.utf8)
            let response = try await client.execute(
                uri: "/v1/things", method: .post, headers: [.contentType: "application/json"],
                body: ByteBuffer(bytes: body))
            #expect(response.status == .badRequest)
            let problem = try ProblemDocument(response)
            #expect(problem.slug == "malformed-json")
            #expect(problem.detail?.contains("byte 19") == true)
        }
    }

    @Test("every fault of a body is named, and no part of its values")
    func faults() async throws {
        try await TestService.application().test(.router) { client in
            let body = #"{"units":-1,"note":7,"jane/x":1,"z~":"jane"}"#
            let response = try await client.execute(
                uri: "/v1/things", method: .post, headers: [.contentType: "application/json"],
                body: ByteBuffer(string: body))
            #expect(
                try ProblemDocument(response).errors == [
                    "/units: must be from 1 to 100", "/note: must be a string", "/jane~1x: undeclared field",
                    "/z~0: undeclared field",
                ])
        }
    }

    @Test("a good body is read")
    func goodBody() async throws {
        try await TestService.application().test(.router) { client in
            for (body, answer) in [
                (#"{"units":1}"#, "1 -"), (" {\"note\" : \"é\" ,\r\n\"units\":100}\t", "100 é"),
                (#"{"\u0075nits":7}"#, "7 -"),
            ] {
                let response = try await client.execute(
                    uri: "/v1/things", method: .post, headers: [.contentType: "application/json"],
                    body: ByteBuffer(string: body))
                #expect(String(buffer: response.body) == answer)
            }
        }
    }

    @Test(
        "the media type must be JSON in UTF-8",
        arguments: [
            ("application/json", 200), ("application/json; charset=utf-8", 200),
            ("Application/JSON;charset=UTF-8", 200),
            ("application/json ; charset=\"utf-8\"", 200), (nil, 415), ("", 415), ("text/json", 415),
            ("application/json; charset=latin1", 415), ("application/json; charset=utf-8; x=y", 415),
            ("application/json; x=y", 415), ("application/json;", 415), ("application/jsonx", 415),
            ("application/x-www-form-urlencoded", 415), ("application/json, text/plain", 415),
            ("multipart/form-data; boundary=x", 415),
        ] as [(String?, Int)])
    func mediaType(contentType: String?, status: Int) async throws {
        try await TestService.application().test(.router) { client in
            let response = try await client.execute(
                uri: "/v1/things", method: .post, headers: contentType.map { [.contentType: $0] } ?? [:],
                body: ByteBuffer(string: #"{"units":1}"#))
            #expect(response.status.code == status)
        }
    }

    @Test("no content coding is decoded", arguments: ["gzip", "br", "identity"])
    func contentEncoding(coding: String) async throws {
        try await TestService.application().test(.router) { client in
            let response = try await client.execute(
                uri: "/v1/things", method: .post,
                headers: [.contentType: "application/json", .contentEncoding: coding],
                body: ByteBuffer(string: #"{"units":1}"#))
            #expect(response.status == .unsupportedMediaType)
        }
    }

    @Test("the limit is exact", arguments: [(4_096, 200), (4_097, 413), (100_000, 413)])
    func limit(count: Int, status: Int) async throws {
        try await TestService.application().test(.router) { client in
            let body = #"{"units":1}"#
            let padded = body + String(repeating: " ", count: count - body.utf8.count)
            let response = try await client.execute(
                uri: "/v1/things", method: .post, headers: [.contentType: "application/json"],
                body: ByteBuffer(string: padded))
            #expect(response.status.code == status)
        }
    }
}

import CanonicalJSON
import Edge
import Foundation
import HTTPTypes
import Testing

/// What can be wrong with a body whatever it is for: made from one that is right.
struct MalformedBody: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let status: Int
    let problem: String
    let spoil: @Sendable (String) -> [UInt8]

    init(_ description: String, _ status: Int, _ problem: String, _ spoil: @escaping @Sendable (String) -> [UInt8]) {
        testDescription = description
        self.status = status
        self.problem = problem
        self.spoil = spoil
    }

    /// A body with one more member.
    init(member: String, _ status: Int, _ problem: String) {
        self.init("{\(member)}", status, problem) { Array(Self.adding(member, to: $0).utf8) }
    }

    /// A body with one more member, which bytes stand in as they are.
    init(bytes: [UInt8], _ status: Int, _ problem: String) {
        self.init("bytes \(bytes)", status, problem) { text in
            Array(Self.adding("\"x\":\"", to: text).utf8.dropLast()) + bytes + Array("\"}".utf8)
        }
    }

    /// Another text in its place.
    init(text: String, _ status: Int, _ problem: String) {
        self.init(text, status, problem) { _ in Array(text.utf8) }
    }

    private static func adding(_ member: String, to body: String) -> String {
        body == "{}" ? "{\(member)}" : "\(body.dropLast()),\(member)}"
    }

    static let all: [MalformedBody] = [
        MalformedBody(member: "\"items\":[{\"name\":\"Drill\",\"price\":\"9.99\"}]", 422, "validation"),
        MalformedBody(member: "\"\":1", 422, "validation"),
        MalformedBody(member: "\"a\":1,\"a\":1", 422, "validation"),
        MalformedBody(member: "\"a\":1,\"\\u0061\":2", 422, "validation"),
        MalformedBody(
            member: "\"x\":" + String(repeating: "[", count: 17) + String(repeating: "]", count: 17), 422, "validation"),
        MalformedBody(
            member: "\"x\":" + String(repeating: "{\"x\":", count: 500) + "1" + String(repeating: "}", count: 500), 422,
            "validation"),
        MalformedBody(member: "\"x\":\"\\ud800\"", 422, "validation"),
        MalformedBody(member: "\"x\":\"\\udc00\\ud800\"", 422, "validation"),
        MalformedBody(member: "\"x\":\"\\u0000\"", 422, "validation"),
        MalformedBody(member: "\"x\":\"\\uffff\"", 422, "validation"),
        MalformedBody(member: "\"x\":1e400", 422, "validation"),
        MalformedBody(bytes: [0x00], 422, "validation"),
        MalformedBody(bytes: [0x0A], 400, "malformed-json"),
        MalformedBody(bytes: [0xFF], 400, "malformed-json"),
        MalformedBody(bytes: [0xC0, 0x80], 400, "malformed-json"),
        MalformedBody(bytes: [0xED, 0xA0, 0x80], 400, "malformed-json"),
        MalformedBody(bytes: [0xF4, 0x90, 0x80, 0x80], 400, "malformed-json"),
        MalformedBody(member: "\"x\":01", 400, "malformed-json"),
        MalformedBody(member: "\"x\":NaN", 400, "malformed-json"),
        MalformedBody(member: "'x':1", 400, "malformed-json"),
        MalformedBody(member: "\"x\":1,", 400, "malformed-json"),
        MalformedBody(member: "/* */\"x\":1", 400, "malformed-json"),
        MalformedBody("trailing text", 400, "malformed-json") { Array(($0 + "x").utf8) },
        MalformedBody("two bodies", 400, "malformed-json") { Array(($0 + $0).utf8) },
        MalformedBody("cut off", 400, "malformed-json") { Array($0.utf8.dropLast()) },
        MalformedBody("byte order mark", 400, "malformed-json") { [0xEF, 0xBB, 0xBF] + Array($0.utf8) },
        MalformedBody("UTF-16", 422, "validation") { text in
            text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)] }
        },
        MalformedBody("4097 bytes", 413, "payload-too-large") { text in
            Array(text.utf8) + Array(repeating: 0x20, count: 4_097 - text.utf8.count)
        },
        MalformedBody("a megabyte", 413, "payload-too-large") { _ in Array(repeating: 0x20, count: 1 << 20) },
        MalformedBody(text: "", 400, "malformed-json"),
        MalformedBody(text: " ", 400, "malformed-json"),
        MalformedBody(text: "[]", 422, "validation"),
        MalformedBody(text: "null", 422, "validation"),
        MalformedBody(text: "\"text\"", 422, "validation"),
        MalformedBody(text: "17", 422, "validation"),
        MalformedBody(text: "product=punchout&units=1", 400, "malformed-json"),
        MalformedBody(text: "<capture/>", 400, "malformed-json"),
    ]
}

extension GatewayEntryTests {
    @Suite("Malformed bodies", .gateway)
    struct MalformedBodyTests {
        private let gateway: TestGateway

        init() throws {
            gateway = try TestGateway.shared
        }

        private func post(
            _ endpoint: Endpoint, headers: HTTPFields = [.contentType: "application/json"],
            _ change: (String) -> [UInt8]
        ) async throws -> (Answer, Endpoint.Call, appended: Int64) {
            let customer = try await gateway.customer(credits: 10)
            let call = try await endpoint.call(for: customer, at: gateway)
            let token = try await endpoint.token(for: customer, at: gateway)
            let body = String(decoding: JSONValue.object(call.body ?? [:]).canonicalBytes(), as: UTF8.self)
            var headers = headers
            headers[.idempotencyKey] = UUID().uuidString
            let before = try await gateway.logSize()
            let answer = try await gateway.send(
                .post, call.path, token: token, bytes: change(body), headers: headers)
            return (answer, call, try await gateway.logSize() - before)
        }

        @Test("are refused and append nothing", arguments: Endpoint.commands, MalformedBody.all)
        func malformed(endpoint: Endpoint, body: MalformedBody) async throws {
            let (answer, _, appended) = try await post(endpoint) { body.spoil($0) }
            expect(answer, is: body.status, body.problem)
            #expect(appended == 0)
        }

        @Test(
            "of another media type are refused and append nothing",
            arguments: Endpoint.commands,
            [
                "text/plain", "application/xml", "application/x-www-form-urlencoded",
                "application/json; charset=utf-16",
                "application/jsonx", "application/json, text/plain", "multipart/form-data; boundary=x", "",
            ])
        func mediaType(endpoint: Endpoint, type: String) async throws {
            let (answer, _, appended) = try await post(endpoint, headers: [.contentType: type]) { Array($0.utf8) }
            expect(answer, is: 415, "unsupported-media-type")
            #expect(appended == 0)
        }

        @Test("without a media type or with a content coding are refused", arguments: Endpoint.commands)
        func noMediaType(endpoint: Endpoint) async throws {
            let (untyped, _, first) = try await post(endpoint, headers: [:]) { Array($0.utf8) }
            expect(untyped, is: 415, "unsupported-media-type")
            #expect(first == 0)
            let coded: HTTPFields = [.contentType: "application/json", .contentEncoding: "gzip"]
            let (answer, _, second) = try await post(endpoint, headers: coded) { Array($0.utf8) }
            expect(answer, is: 415, "unsupported-media-type")
            #expect(second == 0)
        }

        @Test(
            "are those only: white space up to 4096 bytes and a charset of UTF-8 are right",
            arguments: Endpoint.commands, ["application/json", "application/json; charset=utf-8", "Application/JSON"])
        func wellFormed(endpoint: Endpoint, type: String) async throws {
            let (answer, call, _) = try await post(endpoint, headers: [.contentType: type]) { text in
                Array(text.utf8) + Array(repeating: 0x20, count: 4_096 - text.utf8.count)
            }
            #expect(answer.status == call.status, "\(answer.text)")
        }
    }
}

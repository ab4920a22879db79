import CanonicalJSON
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import LogTesting
import Logging
import Metrics
import MetricsTestKit
import Testing

@testable import Edge

@Suite("The exchange")
struct EdgeResponderTests {
    @Test("an inbound request identifier is kept only if it is a UUID")
    func requestIdentifiers() async throws {
        let kept = "0b9c0a4e-5f0e-4d4e-9b8f-2f1f7c1d2e3a"
        let cases: [(String?, Bool)] = [
            (kept, true), (kept.uppercased(), true), (nil, false), ("", false), ("jane@customer.example", false),
            (kept + "0", false), ("{\(kept)}", false), (kept.replacing("-", with: ""), false),
            ("0b9c0a4e-5f0e-4d4e-9b8f-2f1f7c1d2e3g", false), (String(repeating: "-", count: 36), false),
        ]
        try await TestService.application().test(.router) { client in
            for (inbound, isKept) in cases {
                let headers: HTTPFields = inbound.map { [.requestID: $0] } ?? [:]
                let response = try await client.execute(uri: "/v1/id", method: .get, headers: headers)
                let outbound = try #require(response.headers[.requestID])
                #expect(CanonicalUUID.isCanonical(outbound))
                #expect((outbound == kept) == isKept, "\(inbound ?? "none")")
                #expect(String(buffer: response.body) == outbound)
            }
            var twice = HTTPFields()
            twice.append(HTTPField(name: .requestID, value: kept))
            twice.append(HTTPField(name: .requestID, value: kept))
            let response = try await client.execute(uri: "/v1/id", method: .get, headers: twice)
            #expect(response.headers[.requestID] != kept)
        }
    }

    @Test("a refusal whose media type another specification defines is kept as it is, and only where that was said")
    func keptRefusals() async throws {
        for (kept, isKept) in [(["text/plain"], true), (["text/html"], false), ([], false)] as [(Set<String>, Bool)] {
            try await TestService.application(keptRefusals: kept).test(.router) { client in
                for status in [400, 409, 500] {
                    let response = try await client.execute(uri: "/v1/status/\(status)", method: .get)
                    #expect(response.status.code == status)
                    #expect(response.headers[.contentType] == (isKept ? "text/plain" : ProblemDetails.mediaType))
                    #expect(String(buffer: response.body).contains("jane@") == isKept)
                }
                let problem = try await client.execute(uri: "/v1/problem", method: .get)
                #expect(try ProblemDocument(problem).slug == "insufficient-credits")
                #expect(try ProblemDocument(await client.execute(uri: "/nothing", method: .get)).slug == "not-found")
            }
        }
    }

    @Test("an unknown path is not found, a known path with another method names the methods it knows")
    func fallback() async throws {
        let cases: [(HTTPRequest.Method, String, Int, String?)] = [
            (.get, "/", 404, nil), (.get, "/v1", 404, nil), (.get, "/v1/nothing", 404, nil),
            (.get, "/v1/things/1/2", 404, nil), (.options, "/v1/nothing", 404, nil), (.post, "/nothing", 404, nil),
            (.get, "/v1/things", 405, "OPTIONS, POST"), (.head, "/v1/things", 405, "OPTIONS, POST"),
            (.delete, "/v1/things", 405, "OPTIONS, POST"), (.trace, "/v1/things", 405, "OPTIONS, POST"),
            (.post, "/v1/things/1", 405, "GET, HEAD, OPTIONS, PUT"),
            (.put, "/v1/things/newest", 405, "GET, HEAD, OPTIONS"),
            (.options, "/v1/things/7", 204, "GET, HEAD, OPTIONS, PUT"),
            (.options, "/v1/things", 204, "OPTIONS, POST"),
        ]
        try await TestService.application().test(.router) { client in
            for (method, path, status, allow) in cases {
                let response = try await client.execute(uri: path, method: method)
                #expect(response.status.code == status, "\(method) \(path)")
                #expect(response.headers[.allow] == allow, "\(method) \(path)")
                guard method != .head, status >= 400 else { continue }
                let slug = status == 404 ? "not-found" : "method-not-allowed"
                #expect(try ProblemDocument(response).slug == slug)
            }
        }
    }

    @Test("HEAD answers what GET would, without the body")
    func head() async throws {
        try await TestService.application().test(.router) { client in
            let get = try await client.execute(uri: "/v1/things/1", method: .get)
            let head = try await client.execute(uri: "/v1/things/1", method: .head)
            #expect(head.status == get.status)
            #expect(head.headers[.contentType] == get.headers[.contentType])
            #expect(head.headers[.contentLength] == get.headers[.contentLength])
            #expect(head.body.readableBytes == 0)
            let missing = try await client.execute(uri: "/v1/nothing", method: .head)
            #expect(missing.status == .notFound && missing.body.readableBytes == 0)
        }
    }

    @Test(
        "nothing a handler fails with reaches the client, but its status does",
        arguments: [
            ("secret", 500, "internal"), ("http-error", 400, "malformed-request"), ("cancelled", 503, "unavailable"),
            ("status/401", 401, "unauthorized"), ("status/404", 404, "not-found"), ("status/409", 409, "conflict"),
            ("status/418", 400, "malformed-request"), ("status/500", 500, "internal"),
            ("status/599", 500, "internal"), ("status/x", 400, "malformed-request"),
        ])
    func failures(path: String, status: Int, slug: String) async throws {
        try await TestService.application().test(.router) { client in
            let response = try await client.execute(uri: "/v1/\(path)", method: .get)
            #expect(response.status.code == status)
            let problem = try ProblemDocument(response)
            #expect(problem.slug == slug)
            #expect(!String(buffer: response.body).contains("jane"))
        }
    }

    @Test("headers of a refusal are kept, whoever made it")
    func refusalHeaders() async throws {
        try await TestService.application().test(.router) { client in
            let thrown = try await client.execute(uri: "/v1/problem", method: .get)
            #expect(thrown.status.code == 402)
            #expect(thrown.headers[.retryAfter] == "60")
            let problem = try ProblemDocument(thrown)
            #expect(problem.detail == "3 credits are left.")
            #expect(problem.object["balance"] == .integer(3))
            let returned = try await client.execute(uri: "/v1/status/401", method: .get)
            #expect(returned.headers[.wwwAuthenticate] == "Bearer")
            let hummingbirds = try await client.execute(uri: "/v1/http-error", method: .get)
            #expect(hummingbirds.headers[.retryAfter] == "7")
        }
    }

    @Test("every answer forbids sniffing, framing and caching", arguments: ["/v1/id", "/v1/secret", "/nothing"])
    func securityHeaders(path: String) async throws {
        try await TestService.application().test(.router) { client in
            let headers = try await client.execute(uri: path, method: .get).headers
            #expect(headers[.xContentTypeOptions] == "nosniff")
            #expect(headers[.contentSecurityPolicy] == "default-src 'none'; frame-ancestors 'none'")
            #expect(headers[.referrerPolicy] == "no-referrer")
            #expect(headers[.crossOriginResourcePolicy] == "same-origin")
            #expect(headers[.cacheControl] == "no-store")
            #expect(headers[.strictTransportSecurity] == nil)
            #expect(headers[.server] == nil)
        }
        try await TestService.application(strictTransport: true).test(.router) { client in
            let headers = try await client.execute(uri: path, method: .get).headers
            #expect(headers[.strictTransportSecurity]?.hasPrefix("max-age=") == true)
        }
    }

    @Test("a handler may allow caching")
    func caching() async throws {
        try await TestService.application().test(.router) { client in
            let response = try await client.execute(uri: "/v1/cached", method: .get)
            #expect(response.headers[values: .cacheControl] == ["public, max-age=60"])
        }
    }

    @Test("the access log has the route's template and neither path nor query")
    func accessLog() async throws {
        let recorder = LogRecorder()
        try await TestService.application(logger: recorder.logger).test(.router) { client in
            _ = try await client.execute(uri: "/v1/things/jane?mail=jane", method: .get)
            _ = try await client.execute(uri: "/v1/jane", method: .get)
            _ = try await client.execute(uri: "/v1/secret", method: .get)
        }
        let served = recorder.entries.filter { $0.message == "request served" }
        #expect(served.map(\.level) == [.debug, .info, .warning])
        #expect(served.map { $0.metadata["route"] } == ["/v1/things/{id}", "unmatched", "/v1/secret"])
        #expect(served.map { $0.metadata["status"] } == ["200", "404", "500"])
        #expect(served.allSatisfy { $0.metadata["request_id"].map(CanonicalUUID.isCanonical) == true })
        #expect(served.allSatisfy { $0.metadata["duration_ms"].flatMap(Double.init) != nil })
        #expect(recorder.entries.contains { $0.message == "request failed" && $0.level == .error })
        #expect(!recorder.entries.contains { entry in "\(entry)".contains("jane") })
    }

    @Test("metrics count by method, route template and status")
    func metrics() async throws {
        let metrics = TestMetrics()
        try await withMetricsFactory(metrics) {
            try await TestService.application().test(.router) { client in
                for id in 0..<5 { _ = try await client.execute(uri: "/v1/things/\(id)", method: .get) }
                _ = try await client.execute(uri: "/v1/jane", method: .get)
            }
        }
        let found = [("method", "GET"), ("route", "/v1/things/{id}"), ("status", "200")]
        #expect(try metrics.expectCounter("http_server_requests_total", found).totalValue == 5)
        #expect(try metrics.expectTimer("http_server_request_duration_seconds", found).values.count == 5)
        let missing = [("method", "GET"), ("route", "unmatched"), ("status", "404")]
        #expect(try metrics.expectCounter("http_server_requests_total", missing).totalValue == 1)
        #expect(try metrics.expectMeter("http_server_requests_in_flight").values.last == 0)
    }
}

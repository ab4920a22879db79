import CanonicalJSON
import Foundation
import HTTPTypes
import Testing

extension GatewayTests {
    @Suite("Routing", .gateway)
    struct RoutingTests {
        private let gateway: TestGateway

        init() throws {
            gateway = try TestGateway.shared
        }

        @Test(
            "an unknown path is not found, with a token and without",
            arguments: [
                "/", "/v1", "/v2/captures", "/v1/capture", "/v1/captures/1", "/v1/captures/../grants", "/v1//unknown",
                "/v1/holds/x", "/v1/debits/x", "/metrics", "/.env", "/v1/CAPTURES", "/api", "/v1/credits",
            ])
        func unknown(path: String) async throws {
            let customer = try await gateway.customer()
            for token in [nil, customer.token] {
                let answer = try await gateway.expectAppended(0) { try await gateway.get(path, token: token) }
                expect(answer, is: 404, "not-found")
            }
        }

        @Test(
            "a method that a path does not have is refused, with those it has",
            arguments: [
                ("/v1/credits/check", HTTPRequest.Method.get, "OPTIONS, POST"),
                ("/v1/captures", .put, "GET, HEAD, OPTIONS, POST"),
                ("/v1/captures", .delete, "GET, HEAD, OPTIONS, POST"),
                ("/v1/holds", .get, "OPTIONS, POST"), ("/v1/holds/x/void", .delete, "OPTIONS, POST"),
                ("/v1/debits/x/refund", .patch, "OPTIONS, POST"), ("/v1/grants", .get, "OPTIONS, POST"),
                ("/v1/credits/balance", .post, "GET, HEAD, OPTIONS"),
                ("/v1/credits/statement", .put, "GET, HEAD, OPTIONS"),
                ("/api/health", .post, "GET, HEAD, OPTIONS"), ("/openapi.json", .delete, "GET, HEAD, OPTIONS"),
            ])
        func wrongMethod(path: String, method: HTTPRequest.Method, allowed: String) async throws {
            let answer = try await gateway.expectAppended(0) { try await gateway.send(method, path) }
            expect(answer, is: 405, "method-not-allowed")
            #expect(answer.headers[.allow] == allowed)
            let options = try await gateway.send(.options, path)
            #expect(options.status == 204)
            #expect(options.headers[.allow] == allowed)
        }

        @Test("HEAD is GET without a body", arguments: ["/livez", "/v1/credits/balance?product=punchout"])
        func head(path: String) async throws {
            let customer = try await gateway.customer()
            let answer = try await gateway.send(.head, path, token: customer.token)
            #expect(answer.status == 200)
            #expect(answer.body.isEmpty)
        }

        @Test("a route asks who is there before it looks at anything else", arguments: Endpoint.commands)
        func authenticationFirst(endpoint: Endpoint) async throws {
            let customer = try await gateway.customer(credits: 10)
            let call = try await endpoint.call(for: customer, at: gateway)
            let answer = try await gateway.send(
                .post, call.path, bytes: Array(repeating: 0x20, count: 5_000), headers: [.contentType: "text/plain"])
            expect(answer, is: 401, "unauthorized")
        }

        @Test(
            "every answer forbids caching, sniffing and framing",
            arguments: [
                "/livez", "/v1/captures", "/unknown", "/openapi.json",
            ])
        func securityHeaders(path: String) async throws {
            let answer = try await gateway.get(path)
            #expect(answer.headers[.cacheControl] == "no-store")
            #expect(answer.headers[.xContentTypeOptions] == "nosniff")
            #expect(answer.headers[.contentSecurityPolicy] == "default-src 'none'; frame-ancestors 'none'")
        }

        @Test("a probe gets a minimal answer")
        func probes() async throws {
            #expect(try await gateway.get("/livez").text == #"{"status":"ok"}"#)
            #expect(try await gateway.settled("/api/health", status: 200).text == #"{"status":"ok"}"#)
            let ready = try await gateway.settled("/readyz", status: 200)
            let checks = ready.object?["checks"]?.objectValue
            #expect(checks?["database"] == .bool(true))
            #expect(checks?["migrations"] == .bool(true))
            #expect(checks?["projection_lag_events"]?.objectValue != nil)
        }
    }
}

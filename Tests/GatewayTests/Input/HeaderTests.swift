import CanonicalJSON
import Edge
import Foundation
import HTTPTypes
import Testing

extension GatewayEntryTests {
    @Suite("Wrong idempotency keys", .gateway)
    struct HeaderTests {
        private let gateway: TestGateway

        init() throws {
            gateway = try TestGateway.shared
        }

        private func send(_ endpoint: Endpoint, keys: [String]) async throws -> (Answer, appended: Int64) {
            let customer = try await gateway.customer(credits: 10)
            let call = try await endpoint.call(for: customer, at: gateway)
            let token = try await endpoint.token(for: customer, at: gateway)
            var headers: HTTPFields = [.contentType: "application/json"]
            for key in keys { headers.append(HTTPField(name: .idempotencyKey, value: key)) }
            let body = JSONValue.object(call.body ?? [:]).canonicalBytes()
            let before = try await gateway.logSize()
            let answer = try await gateway.send(.post, call.path, token: token, bytes: body, headers: headers)
            return (answer, try await gateway.logSize() - before)
        }

        @Test("none at all", arguments: Endpoint.keyed)
        func missing(endpoint: Endpoint) async throws {
            let (answer, appended) = try await send(endpoint, keys: [])
            expect(answer, is: 400, "idempotency-key-required")
            #expect(appended == 0)
        }

        @Test(
            "two, or one that is no string of visible characters", arguments: Endpoint.keyed,
            [
                ["a", "b"], ["a", "a"], [""], ["\"\""], ["a b"], ["a,b"], ["\"a\", \"b\""], ["a;b=1"], ["\"a\";b=1"],
                ["\"a"], ["a\""], ["\"a\\b\""], ["\"a\tb\""], ["ключ"], ["a\u{1}b"],
                [String(repeating: "k", count: 256)], ["\"" + String(repeating: "k", count: 256) + "\""],
            ])
        func wrong(endpoint: Endpoint, keys: [String]) async throws {
            let (answer, appended) = try await send(endpoint, keys: keys)
            expect(answer, is: 400, "idempotency-key-invalid")
            #expect(appended == 0)
        }

        @Test(
            "are those only: up to 255 visible characters, quoted or bare, are right", arguments: Endpoint.keyed,
            [
                String(repeating: "k", count: 255), "\"" + String(repeating: "k", count: 255) + "\"",
                "8e03978e-40d5-43e8-bc93-6894a57f9324", "\"a,b;c\\\"d\\\\\"", "!#$%&'()*+-./:<=>?@[]^_`{|}~",
                " padded ",
            ])
        func right(endpoint: Endpoint, key: String) async throws {
            let (answer, appended) = try await send(endpoint, keys: [key])
            #expect([200, 201, 202].contains(answer.status), "\(answer.text)")
            #expect(appended == 1)
        }

        @Test("the same key is another one in another tenant, and for another command")
        func scope() async throws {
            let customers = [try await gateway.customer(credits: 1), try await gateway.customer(credits: 1)]
            for customer in customers {
                let body: JSONObject = [
                    "product": .string("punchout"), "ttl_seconds": .integer(60), "units": .integer(1),
                ]
                let hold = try await gateway.post("/v1/holds", body, token: customer.token, key: "same")
                #expect(hold.status == 201)
                #expect(hold.headers[.replayed] == nil)
                let id = try #require(hold["hold_id"])
                let void = try await gateway.post("/v1/holds/\(id)/void", nil, token: customer.token, key: "same")
                #expect(void.status == 200)
                let granted = try await gateway.grant(TestGateway.grant(to: customer, units: 1), key: "same")
                #expect(granted.status == 201)
                #expect(granted.headers[.replayed] == nil)
            }
        }
    }
}

import CanonicalJSON
import Foundation
import HTTPTypes
import Testing

extension GatewayTests {
    @Suite("Funding", .gateway)
    struct FundingTests {
        private let gateway: TestGateway

        init() throws {
            gateway = try TestGateway.shared
        }

        @Test("the first grant registers the tenant; its key gets the same answer again")
        func grant() async throws {
            let customer = Customer(tenant: UUID(), subject: UUID(), token: "")
            let body = TestGateway.grant(to: customer, units: 100)
            let first = try await gateway.expectAppended(2) { try await gateway.grant(body, key: "grant-1") }
            #expect(first.status == 201)
            #expect(first["available"] == "100")
            #expect(first["units"] == "100")
            #expect(first.object?["grant"] == .integer(1))
            #expect(first["reference"] == body["reference"]?.stringValue)
            #expect(first["position"] == String(try await gateway.logSize() - 1))
            let again = try await gateway.expectAppended(0) { try await gateway.grant(body, key: "grant-1") }
            #expect(again.status == 201)
            #expect(again.body == first.body)
            #expect(again.headers[.replayed] == "true")
        }

        @Test("a reference counts once in an account, whatever the key")
        func duplicateReference() async throws {
            let customer = try await gateway.customer()
            var body = TestGateway.grant(to: customer, units: 1)
            #expect(try await gateway.grant(body).status == 201)
            expect(try await gateway.expectAppended(0) { try await gateway.grant(body) }, is: 409, "conflict")
            body["product"] = .string("agent")
            #expect(try await gateway.grant(body).status == 201)
        }

        @Test(
            "another grant under the same key is refused",
            arguments: [
                ("units", JSONValue.integer(2)), ("source", .string("manual")), ("priority", .integer(1)),
                ("reference", .string("another")), ("product", .string("agent")),
                ("effective_at", .string("2030-01-01T00:00:00Z")), ("expires_at", .string("2030-01-01T00:00:00Z")),
            ])
        func keyReused(field: String, value: JSONValue) async throws {
            let customer = try await gateway.customer()
            var body = TestGateway.grant(to: customer, units: 1)
            #expect(try await gateway.grant(body, key: "one").status == 201)
            body[field] = value
            let refused = try await gateway.expectAppended(0) { try await gateway.grant(body, key: "one") }
            expect(refused, is: 422, "idempotency-key-reused")
        }

        @Test("a grant counts from its beginning to its end")
        func validity() async throws {
            let customer = try await gateway.customer()
            var body = TestGateway.grant(to: customer, units: 7)
            body["effective_at"] = .string(gateway.clock.text(in: 100))
            body["expires_at"] = .string(gateway.clock.text(in: 200))
            body["priority"] = .integer(0)
            let granted = try await gateway.grant(body)
            #expect(granted.status == 201)
            #expect(granted["available"] == "0")
            gateway.clock.advance(seconds: 100)
            #expect(try await gateway.available(customer) == "7")
            gateway.clock.advance(seconds: 100)
            #expect(try await gateway.available(customer) == "0")
        }

        @Test("a debit is given back once; its key gets the same answer again")
        func refund() async throws {
            let customer = try await gateway.customer(credits: 1)
            let capture = try await gateway.debited(customer)
            let token = try await gateway.identity.application("billing")
            let body: JSONObject = ["tenant_id": .string(customer.id)]
            let path = "/v1/debits/\(capture)/refund"
            let first = try await gateway.expectAppended(1) {
                try await gateway.post(path, body, token: token, key: "refund")
            }
            #expect(first.status == 201)
            #expect(first["capture_id"] == capture)
            #expect(first["refunded"] == "1")
            #expect(first["lapsed"] == "0")
            #expect(first["available"] == "1")
            let again = try await gateway.expectAppended(0) {
                try await gateway.post(path, body, token: token, key: "refund")
            }
            #expect(again.status == 201)
            #expect(again.body == first.body)
            #expect(again.headers[.replayed] == "true")
            let second = try await gateway.expectAppended(0) {
                try await gateway.post(path, body, token: token, key: "another")
            }
            expect(second, is: 409, "conflict")
            #expect(try await gateway.available(customer) == "1")
        }

        @Test("a refund to a grant that has expired lapses at once, and says so")
        func lapsingRefund() async throws {
            let customer = try await gateway.customer()
            var body = TestGateway.grant(to: customer, units: 1)
            body["expires_at"] = .string(gateway.clock.text(in: 100))
            _ = try await gateway.grant(body)
            let capture = try await gateway.debited(customer)
            gateway.clock.advance(seconds: 101)
            let answer = try await gateway.post(
                "/v1/debits/\(capture)/refund", ["tenant_id": .string(customer.id)],
                token: gateway.identity.application("billing"))
            #expect(answer.status == 201)
            #expect(answer["lapsed"] == "1")
            #expect(answer["available"] == "0")
        }

        @Test(
            "there is nothing to give back for a capture that cost nothing, or never was",
            arguments: [
                "failure", "unknown", "no-uuid",
            ])
        func nothingToRefund(case: String) async throws {
            let customer = try await gateway.customer(credits: 1)
            var capture = `case` == "no-uuid" ? `case` : UUID().uuidString.lowercased()
            if `case` == "failure" {
                let failed = try await gateway.post(
                    "/v1/captures", gateway.capture(outcome: "failure"), token: customer.token)
                capture = try #require(failed["capture_id"])
            }
            let token = try await gateway.identity.application("billing")
            let answer = try await gateway.expectAppended(0) {
                try await gateway.post(
                    "/v1/debits/\(capture)/refund", ["tenant_id": .string(customer.id)], token: token)
            }
            expect(answer, is: 404, "not-found")
        }
    }
}

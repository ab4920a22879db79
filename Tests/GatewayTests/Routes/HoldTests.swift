import CanonicalJSON
import Foundation
import HTTPTypes
import Testing

extension GatewayTests {
    @Suite("Holds", .gateway)
    struct HoldTests {
        private let gateway: TestGateway

        init() throws {
            gateway = try TestGateway.shared
        }

        private func body(units: Int64, seconds: Int64 = 60) -> JSONObject {
            ["product": .string("punchout"), "ttl_seconds": .integer(seconds), "units": .integer(units)]
        }

        @Test("a hold sets credits aside, and its key gets the same answer again")
        func hold() async throws {
            let customer = try await gateway.customer(credits: 10)
            let expiry = gateway.clock.text(in: 60)
            let first = try await gateway.expectAppended(1) {
                try await gateway.post("/v1/holds", body(units: 4), token: customer.token, key: "first")
            }
            #expect(first.status == 201)
            #expect(first["available"] == "6")
            #expect(first["units"] == "4")
            #expect(first["expires_at"] == expiry)
            #expect(first["position"] == String(try await gateway.logSize() - 1))
            let again = try await gateway.expectAppended(0) {
                try await gateway.post("/v1/holds", body(units: 4), token: customer.token, key: "\"first\"")
            }
            #expect(again.status == 201)
            #expect(again.body == first.body)
            #expect(again.headers[.replayed] == "true")
            let balance = try await gateway.get("/v1/credits/balance?product=punchout", token: customer.token)
            #expect(balance["posted"] == "10")
            #expect(balance["held"] == "4")
            #expect(balance["available"] == "6")
        }

        @Test("another request under a hold's key is refused")
        func keyReused() async throws {
            let customer = try await gateway.customer(credits: 10)
            _ = try await gateway.post("/v1/holds", body(units: 4), token: customer.token, key: "one")
            let refused = try await gateway.expectAppended(0) {
                try await gateway.post("/v1/holds", body(units: 5), token: customer.token, key: "one")
            }
            expect(refused, is: 422, "idempotency-key-reused")
        }

        @Test("a hold of more than there is is refused")
        func tooMuch() async throws {
            let customer = try await gateway.customer(credits: 10)
            let refused = try await gateway.expectAppended(0) {
                try await gateway.post("/v1/holds", body(units: 11), token: customer.token)
            }
            expect(refused, is: 402, "insufficient-credits")
            #expect(refused["available"] == "10")
        }

        @Test("what is held is not for others, and is there for the capture that names the hold")
        func captureFromHold() async throws {
            let customer = try await gateway.customer(credits: 1)
            let hold = try await gateway.held(customer)
            expect(try await gateway.post("/v1/captures", gateway.capture(), token: customer.token), is: 402)
            var body = gateway.capture()
            body["hold_id"] = .string(hold)
            let answer = try await gateway.expectAppended(2) {
                try await gateway.post("/v1/captures", body, token: customer.token)
            }
            #expect(answer.status == 201)
            #expect(answer["available"] == "0")
            let balance = try await gateway.get("/v1/credits/balance?product=punchout", token: customer.token)
            #expect(balance["posted"] == "0")
            #expect(balance["held"] == "0")

            var another = gateway.capture()
            another["hold_id"] = .string(hold)
            let refused = try await gateway.expectAppended(0) {
                try await gateway.post("/v1/captures", another, token: customer.token)
            }
            expect(refused, is: 409, "conflict")
        }

        @Test("a voided hold gives its credits back, once", arguments: [nil, [:]] as [JSONObject?])
        func void(body: JSONObject?) async throws {
            let customer = try await gateway.customer(credits: 3)
            let hold = try await gateway.held(customer, units: 3)
            let path = "/v1/holds/\(hold)/void"
            let first = try await gateway.expectAppended(1) {
                try await gateway.post(path, body, token: customer.token, key: "void")
            }
            #expect(first.status == 200)
            #expect(first["hold_id"] == hold)
            #expect(first["available"] == "3")
            let again = try await gateway.expectAppended(0) {
                try await gateway.post(path, body, token: customer.token, key: "void")
            }
            #expect(again.status == 200)
            #expect(again.body == first.body)
            #expect(again.headers[.replayed] == "true")
            expect(try await gateway.post(path, body, token: customer.token), is: 409, "conflict")
        }

        @Test("a hold ends by itself, and shows so in the statement")
        func expiry() async throws {
            let customer = try await gateway.customer(credits: 2)
            let hold = try await gateway.held(customer, units: 2, seconds: 60)
            gateway.clock.advance(seconds: 61)
            #expect(try await gateway.available(customer) == "2")
            expect(try await gateway.post("/v1/holds/\(hold)/void", nil, token: customer.token), is: 409)
            #expect(try await gateway.post("/v1/captures", gateway.capture(), token: customer.token).status == 201)
            try await gateway.projectionsCaughtUp()
            let statement = try await gateway.get("/v1/credits/statement?product=punchout", token: customer.token)
            let kinds = statement.items.compactMap { $0["kind"]?.stringValue }
            #expect(kinds == ["debit", "hold_expired", "hold", "grant"])
        }

        @Test(
            "a hold nobody placed can't be voided",
            arguments: [
                ("00000000-0000-4000-8000-000000000000", 409), ("no-uuid", 404),
                ("00000000-0000-4000-8000-00000000000A", 404), ("%00", 404), ("..", 404),
            ])
        func unknown(hold: String, status: Int) async throws {
            let customer = try await gateway.customer(credits: 1)
            let answer = try await gateway.expectAppended(0) {
                try await gateway.post("/v1/holds/\(hold)/void", nil, token: customer.token)
            }
            expect(answer, is: status)
        }
    }
}

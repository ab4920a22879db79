import CanonicalJSON
import Foundation
import HTTPTypes
import Testing

extension GatewayTests {
    @Suite("Spending", .gateway)
    struct SpendingTests {
        private let gateway: TestGateway

        init() throws {
            gateway = try TestGateway.shared
        }

        @Test("a check answers, records the question, and changes nothing")
        func check() async throws {
            let customer = try await gateway.customer(credits: 5)
            let answer = try await gateway.expectAppended(1) {
                try await gateway.post("/v1/credits/check", ["product": .string("punchout")], token: customer.token)
            }
            #expect(answer.status == 200)
            #expect(answer.object?["allowed"] == .bool(true))
            #expect(answer["available"] == "5")
            #expect(answer["held"] == "0")
            #expect(answer["position"] == String(try await gateway.logSize() - 1))
            #expect(answer.object?["reason"] == nil)
            #expect(answer.headers[.replayed] == nil)
            #expect(try await gateway.available(customer) == "5")
        }

        @Test("a check for more than there is is an answer too, and recorded")
        func checkRefused() async throws {
            let customer = try await gateway.customer(credits: 5)
            let answer = try await gateway.expectAppended(1) {
                try await gateway.post(
                    "/v1/credits/check", ["product": .string("punchout"), "units": .integer(6)],
                    token: customer.token)
            }
            #expect(answer.status == 200)
            #expect(answer.object?["allowed"] == .bool(false))
            #expect(answer["reason"] == "insufficient_credits")
            #expect(answer["available"] == "5")
        }

        @Test("a successful capture is recorded and debited in two events; its repetition gets the same bytes")
        func capture() async throws {
            let customer = try await gateway.customer(credits: 2)
            let id = UUID()
            let body = gateway.capture(id: id)
            let first = try await gateway.expectAppended(2) {
                try await gateway.post("/v1/captures", body, token: customer.token)
            }
            let size = try await gateway.logSize()
            #expect(first.status == 201)
            #expect(first["capture_id"] == id.uuidString.lowercased())
            #expect(first["debited"] == "1")
            #expect(first["available"] == "1")
            #expect(first["product"] == "punchout")
            let positions = first.object?["positions"]?.objectValue
            #expect(positions?["debit"] == .string(String(size - 2)))
            #expect(positions?["capture"] == .string(String(size - 1)))
            #expect(first.headers[.replayed] == nil)

            gateway.clock.advance(seconds: 1)
            let again = try await gateway.expectAppended(0) {
                try await gateway.post("/v1/captures", body, token: customer.token)
            }
            #expect(again.status == 200)
            #expect(again.body == first.body)
            #expect(again.headers[.replayed] == "true")
            #expect(try await gateway.available(customer) == "1")
        }

        @Test("a capture is repeated by whoever of the tenant comes, and whenever")
        func repeatedByAnother() async throws {
            let customer = try await gateway.customer(credits: 2)
            let body = gateway.capture()
            let first = try await gateway.post("/v1/captures", body, token: customer.token)
            gateway.clock.advance(seconds: 30 * 3_600)
            let colleague = try await gateway.identity.user(of: customer.tenant)
            let again = try await gateway.post("/v1/captures", body, token: colleague)
            #expect(again.status == 200)
            #expect(again.body == first.body)
        }

        @Test(
            "another request with a capture's identifier is refused",
            arguments: [
                ("line_count", JSONValue.integer(4)), ("vendor_host", .string("other.example.com")),
                ("outcome", .string("failure")), ("captured_at", .string("2020-01-01T00:00:00Z")),
                ("hold_id", .string("00000000-0000-4000-8000-000000000000")),
            ])
        func otherCapture(field: String, value: JSONValue) async throws {
            let customer = try await gateway.customer(credits: 2)
            var body = gateway.capture()
            #expect(try await gateway.post("/v1/captures", body, token: customer.token).status == 201)
            body[field] = value
            let refused = try await gateway.expectAppended(0) {
                try await gateway.post("/v1/captures", body, token: customer.token)
            }
            expect(refused, is: 422, "idempotency-key-reused")
            #expect(try await gateway.available(customer) == "1")
        }

        @Test("a failed capture is recorded and costs nothing, credits or none", arguments: [0, 3] as [Int64])
        func failedCapture(credits: Int64) async throws {
            let customer = try await gateway.customer(credits: credits)
            let answer = try await gateway.expectAppended(1) {
                try await gateway.post("/v1/captures", gateway.capture(outcome: "failure"), token: customer.token)
            }
            #expect(answer.status == 201)
            #expect(answer["debited"] == "0")
            #expect(answer["available"] == String(credits))
            #expect(answer.object?["positions"]?.objectValue?["debit"] == nil)
        }

        @Test("without credits a capture is refused and leaves no trace; with credits the same one goes through")
        func insufficientCredits() async throws {
            let customer = try await gateway.customer()
            let body = gateway.capture()
            let refused = try await gateway.expectAppended(0) {
                try await gateway.post("/v1/captures", body, token: customer.token)
            }
            expect(refused, is: 402, "insufficient-credits")
            #expect(refused["available"] == "0")
            _ = try await gateway.grant(TestGateway.grant(to: customer, units: 1))
            #expect(try await gateway.post("/v1/captures", body, token: customer.token).status == 201)
        }

        @Test("the products have accounts of their own")
        func products() async throws {
            let customer = try await gateway.customer(credits: 1)
            let agent = try await gateway.identity.user(of: customer.tenant, client: TestIdentity.agentClient)
            let refused = try await gateway.post("/v1/captures", gateway.capture(product: "agent"), token: agent)
            expect(refused, is: 402, "insufficient-credits")
            #expect(try await gateway.available(customer) == "1")
        }

        @Test(
            "a capture's time may be a day old or five minutes ahead, and no more",
            arguments: [
                (-86_400, 201), (-86_401, 422), (300, 201), (301, 422), (0, 201),
            ] as [(Int64, Int)])
        func capturedAt(offset: Int64, status: Int) async throws {
            let customer = try await gateway.customer(credits: 1)
            var body = gateway.capture()
            body["captured_at"] = .string(gateway.clock.text(in: offset))
            let answer = try await gateway.expectAppended(status == 201 ? 2 : 0) {
                try await gateway.post("/v1/captures", body, token: customer.token)
            }
            #expect(answer.status == status, "\(answer.text)")
            if status != 201 { #expect(answer.pointers == ["/captured_at"]) }
        }
    }
}

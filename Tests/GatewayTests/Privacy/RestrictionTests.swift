import CanonicalJSON
import Edge
import EventStore
import Foundation
import HTTPTypes
import Testing

extension GatewayTests {
    /// To restrict and to object (GDPR-09): stored, and not processed.
    @Suite("Restriction and objection", .gateway)
    struct RestrictionTests {
        private let gateway: TestGateway

        init() throws {
            gateway = try TestGateway.shared
        }

        private static let spending: [Endpoint] = [.check, .capture, .hold, .void]

        private func inForce(_ answer: Answer) -> [String] {
            answer.object?["in_force"]?.arrayValue?.compactMap(\.stringValue) ?? []
        }

        @Test(
            "GDPR-09: who has restricted or objected is not processed, until it is lifted",
            arguments: ["restriction", "objection"])
        func restricted(limit: String) async throws {
            let customer = try await gateway.customer(credits: 10)
            var calls: [Endpoint.Call] = []
            for endpoint in Self.spending { calls.append(try await endpoint.call(for: customer, at: gateway)) }
            let path = "/v1/me/\(limit)"
            let imposed = try await gateway.expectAppended(3) {
                try await gateway.post(path, nil, token: customer.token)
            }
            #expect(imposed.status == 200 && inForce(imposed) == [limit])
            for call in calls {
                let refused = try await gateway.expectAppended(0) {
                    try await gateway.send(call, token: customer.token)
                }
                expect(refused, is: 403, "processing-restricted")
                #expect(refused.object?["grounds"] == .array([.string(limit)]))
            }
            // What is stored can be read.
            for endpoint in Endpoint.reads + [.export] {
                let call = try await endpoint.call(for: customer, at: gateway)
                #expect(try await gateway.send(call, token: customer.token).status == call.status)
            }
            // Doing it again is nothing, and so is lifting what is not there.
            let again = try await gateway.expectAppended(0) {
                try await gateway.post(path, [:], token: customer.token)
            }
            #expect(inForce(again) == [limit] && again.object?["position"] == .null)
            let other = limit == "objection" ? "restriction" : "objection"
            let nothing = try await gateway.expectAppended(0) {
                try await gateway.send(.delete, "/v1/me/\(other)", token: customer.token)
            }
            #expect(inForce(nothing) == [limit])

            let lifted = try await gateway.expectAppended(1) {
                try await gateway.send(.delete, path, token: customer.token)
            }
            #expect(lifted.status == 200 && inForce(lifted).isEmpty)
            for call in calls {
                #expect(try await gateway.send(call, token: customer.token).status == call.status)
            }
        }

        @Test("either is enough, and each is lifted by itself")
        func both() async throws {
            let customer = try await gateway.customer(credits: 10)
            for limit in ["restriction", "objection"] {
                _ = try await gateway.post("/v1/me/\(limit)", nil, token: customer.token)
            }
            let check: JSONObject = ["product": .string("punchout")]
            let refused = try await gateway.post("/v1/credits/check", check, token: customer.token)
            #expect(refused.object?["grounds"] == .array([.string("objection"), .string("restriction")]))
            _ = try await gateway.send(.delete, "/v1/me/objection", token: customer.token)
            expect(try await gateway.post("/v1/credits/check", check, token: customer.token), is: 403)
            _ = try await gateway.send(.delete, "/v1/me/restriction", token: customer.token)
            #expect(try await gateway.post("/v1/credits/check", check, token: customer.token).status == 200)
        }

        @Test("one person's is nobody else's: not in the tenant, nor the same person's in another")
        func others() async throws {
            let customer = try await gateway.customer(credits: 10)
            _ = try await gateway.post("/v1/me/restriction", nil, token: customer.token)
            let check: JSONObject = ["product": .string("punchout")]
            for (tenant, subject) in [(customer.tenant, UUID()), (UUID(), customer.subject)] {
                let token = try await gateway.identity.user(of: tenant, subject: subject)
                #expect(try await gateway.post("/v1/credits/check", check, token: token).status == 200)
            }
        }

        @Test("those who answer for people's data impose and lift it, and the person may, too")
        func desk() async throws {
            let customer = try await gateway.customer(credits: 10)
            let staff = try await gateway.identity.application("privacy")
            let check: JSONObject = ["product": .string("punchout")]
            var body = try await gateway.reference(to: customer)
            body["ground"] = .string("restriction")
            for (action, status, events) in [
                ("impose", 403, 1), ("lift", 200, 1), ("lift", 200, 0), ("impose", 403, 1),
            ]
                as [(String, Int, Int64)]
            {
                body["action"] = .string(action)
                let sent = body
                let answer = try await gateway.expectAppended(events) {
                    try await gateway.post("/v1/privacy/restrictions", sent, token: staff)
                }
                #expect(answer.status == 200)
                #expect(try await gateway.post("/v1/credits/check", check, token: customer.token).status == status)
            }
            _ = try await gateway.send(.delete, "/v1/me/restriction", token: customer.token)
            #expect(try await gateway.post("/v1/credits/check", check, token: customer.token).status == 200)
        }

        @Test("nobody is restricted who is not there")
        func unknown() async throws {
            let customer = try await gateway.customer()
            let other = try await gateway.customer()
            let staff = try await gateway.identity.application("privacy")
            var body = try await gateway.reference(to: customer)
            body["ground"] = .string("restriction")
            body["action"] = .string("impose")
            body["tenant_id"] = .string(other.id)
            let sent = body
            let answer = try await gateway.expectAppended(0) {
                try await gateway.post("/v1/privacy/restrictions", sent, token: staff)
            }
            expect(answer, is: 404, "not-found")
            let object = UUID().uuidString.lowercased()
            // That somebody was looked for is on record, whoever is found.
            let lookUp = try await gateway.expectAppended(1) {
                try await gateway.get(
                    "/v1/privacy/subjects?tenant_id=\(customer.id)&object_id=\(object)", token: staff)
            }
            expect(lookUp, is: 404, "not-found")
        }

        @Test("a body or a query has no place in it", arguments: [HTTPRequest.Method.post, .delete])
        func badInput(method: HTTPRequest.Method) async throws {
            let customer = try await gateway.customer()
            let json: HTTPFields = [.contentType: "application/json"]
            let before = try await gateway.logSize()
            let path = "/v1/me/restriction"
            expect(
                try await gateway.send(
                    method, path, token: customer.token, bytes: Array(#"{"why":"x"}"#.utf8), headers: json),
                is: 422, "validation")
            expect(
                try await gateway.send(method, path, token: customer.token, bytes: Array("{".utf8), headers: json),
                is: 400,
                "malformed-json")
            expect(try await gateway.send(method, path + "?for=ever", token: customer.token), is: 422, "validation")
            expect(try await gateway.send(method, path), is: 401, "unauthorized")
            #expect(try await gateway.logSize() == before)
        }

        @Test("what another process records holds here within the poll interval, and after a start at once")
        func otherProcess() async throws {
            let customer = try await gateway.customer(credits: 10)
            let check: JSONObject = ["product": .string("punchout")]
            let (here, clock) = (gateway, gateway.clock)
            try await TestGateway.with(clock: clock, configuration: gateway.configuration) { there in
                let token = try await there.identity.user(of: customer.tenant, subject: customer.subject)
                #expect(try await there.post("/v1/credits/check", check, token: token).status == 200)
                _ = try await here.post("/v1/me/objection", nil, token: customer.token)
                while try await there.post("/v1/credits/check", check, token: token).status != 403 {
                    try await Task.sleep(for: .milliseconds(20))
                }
                _ = try await there.send(.delete, "/v1/me/objection", token: token)
                #expect(try await there.post("/v1/credits/check", check, token: token).status == 200)
                while try await here.post("/v1/credits/check", check, token: customer.token).status != 200 {
                    try await Task.sleep(for: .milliseconds(20))
                }
                _ = try await here.post("/v1/me/restriction", nil, token: customer.token)
            }
            try await TestGateway.with(clock: clock, configuration: gateway.configuration) { there in
                let token = try await there.identity.user(of: customer.tenant, subject: customer.subject)
                expect(try await there.post("/v1/credits/check", check, token: token), is: 403, "processing-restricted")
            }
        }
    }
}

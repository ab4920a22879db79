import Billing
import CanonicalJSON
import EventStore
import Foundation
import Gateway
import HTTPTypes
import Postgres
import PostgresTesting
import Testing
import TransparencyLog

extension GatewayTests {
    /// GDPR-02: what is left of somebody, as the interface tells it.
    @Suite("Erasure", .erasingGateway)
    struct ErasureTests {
        private let gateway: TestGateway
        private static let check: JSONObject = ["product": .string("punchout")]

        init() throws {
            gateway = try TestGateway.shared
        }

        private func verify(_ receipt: Answer) throws {
            let proof = try ProofFile(parsing: receipt.body)
            let extra = try #require(try JSONParser.parse(proof.extra).objectValue)
            let salt = try #require(extra["salt"]?.stringValue.flatMap { Data(base64Encoded: $0) })
            let event = try #require(extra["event"])
            _ = try ReceiptVerifier(policy: TrustPolicy(log: gateway.platform.configuration.signer.verifier))
                .verify(proof, salt: Array(salt), event: event.canonicalBytes())
        }

        private func newToken(_ customer: Customer) async throws -> String {
            try await gateway.identity.user(of: customer.tenant, subject: customer.subject)
        }

        /// Asks until the answer has this status: other processes, and this one, learn of it from the log.
        private func settledCheck(_ token: String, status: Int, at other: TestGateway? = nil) async throws -> Answer {
            while true {
                let answer = try await (other ?? gateway).post("/v1/credits/check", Self.check, token: token)
                if answer.status == status { return answer }
                try await Task.sleep(for: .milliseconds(20))
            }
        }

        @Test("GDPR-02: who is erased is frozen, then unknown; a receipt from before still verifies; the money stays")
        func person() async throws {
            let customer = try await gateway.customer(credits: 10)
            let capture = try await gateway.post("/v1/captures", gateway.capture(), token: customer.token)
            let position = try #require(capture.object?["positions"]?.objectValue?["capture"]?.stringValue)
            let receipt = try await gateway.get("/v1/receipts/\(position)", token: customer.token)
            try verify(receipt)
            let handle = try await gateway.handle(of: customer)
            let staff = try await gateway.identity.application("privacy")

            let begun = try await gateway.eraseMe(customer.token)
            #expect(begun.status == 202)
            let frozen = try await settledCheck(customer.token, status: 403)
            expect(frozen, is: 403, "processing-restricted")
            #expect(frozen.object?["grounds"] == .array([.string("erasure")]))
            // Neither the person nor those who answer for people's data can lift that.
            var lift = try await gateway.reference(to: customer)
            lift["ground"] = .string("erasure")
            lift["action"] = .string("lift")
            expect(try await gateway.post("/v1/privacy/restrictions", lift, token: staff), is: 422, "validation")
            #expect(try await gateway.available(customer) == "9")

            try await gateway.completeErasure(begun["request"])
            let state = try await gateway.get("/v1/erasures/\(try #require(begun["request"]))", token: staff)
            #expect(state.object?["complete"] == .bool(true) && state["stage"] == "certified")
            try verify(receipt)
            let object = customer.subject.uuidString.lowercased()
            let path = "/v1/privacy/subjects?tenant_id=\(customer.id)&object_id=\(object)"
            expect(try await gateway.get(path, token: staff), is: 404, "not-found")
            // Asked for once more, by whoever still has the handle in memory: the same, and done.
            let again = try await gateway.eraseMe(newToken(customer))
            #expect(again.body == begun.body)

            // In a service that has not met the person, they are a new one.
            try await TestGateway.with(clock: gateway.clock, configuration: gateway.configuration) { other in
                let token = try await other.identity.user(of: customer.tenant, subject: customer.subject)
                let answer = try await other.get("/v1/receipts/\(position)", token: token)
                expect(answer, is: 410, "gone")
                #expect(
                    try await other.available(Customer(tenant: customer.tenant, subject: UUID(), token: token)) == "9")
                let export = try await other.post("/v1/me/export", nil, token: token)
                let document = try await other.get("/v1/exports/\(try #require(export["request"]))", token: token)
                for section in ["capture", "billing", "error", "usage"] {
                    #expect(document.object?[section]?.arrayValue?.isEmpty == true, "\(section)")
                }
                #expect(!document.text.contains(handle))
                #expect(try await other.post("/v1/credits/check", Self.check, token: token).status == 200)
            }
        }

        @Test("of a tenant, nobody is known any more, and another tenant's people are as before")
        func tenant() async throws {
            let (customer, bystander) = (try await gateway.customer(credits: 5), try await gateway.customer(credits: 5))
            let colleague = Customer(
                tenant: customer.tenant, subject: UUID(),
                token: try await gateway.identity.user(of: customer.tenant, subject: UUID()))
            for token in [customer.token, colleague.token, bystander.token] {
                #expect(try await gateway.post("/v1/captures", gateway.capture(), token: token).status == 201)
            }
            let staff = try await gateway.identity.application("privacy")
            let begun = try await gateway.eraseTenant(customer.id, token: staff)
            _ = try await settledCheck(customer.token, status: 403)
            _ = try await settledCheck(colleague.token, status: 403)
            try await gateway.completeErasure(begun["request"])
            let counts = try await gateway.connected(as: .superuser) { connection in
                try await connection.query(
                    """
                    SELECT count(*) FILTER (WHERE tenant_id = $1), count(*) FILTER (WHERE tenant_id = $2)
                    FROM (SELECT tenant_id FROM zentriq.subjects
                          UNION ALL SELECT tenant_id FROM zentriq.events WHERE class = 'capture') AS rows
                    """, [.uuid(customer.tenant), .uuid(bystander.tenant)]
                ).map { [try $0.int64(0), try $0.int64(1)] }
            }
            #expect(counts == [[0, 2]])
            #expect(try await gateway.post("/v1/credits/check", Self.check, token: newToken(bystander)).status == 200)
        }

        @Test("a process that dies with the request recorded and nothing begun is followed by one that begins it, once")
        func diedBetween() async throws {
            let (configuration, clock) = (gateway.configuration, gateway.clock)
            let customer = try await gateway.customer(credits: 1)
            let handle = try #require(UUID(uuidString: try await gateway.handle(of: customer)))
            let person = DataSubject(TenantID(customer.tenant), ActorHandle(handle))
            @Sendable func begun() async throws -> Int64 {
                try await gateway.connected(as: .superuser) { connection in
                    try await connection.query(
                        """
                        SELECT count(*) FROM zentriq.events
                        WHERE type = 'erasure.begun' AND data::jsonb ->> 'subject' = $1::text
                        """, [.text(handle.uuidString.lowercased())]
                    ).only().int64(0)
                }
            }
            // As the route does, up to there; and what came by letter, and is not checked yet, waits for those who check it.
            let letter = try await gateway.customer(credits: 1)
            _ = try await gateway.recorded(letter, kind: "erasure")
            _ = try await gateway.platform.privacy.record(
                .erasure, by: .interface, of: person, idempotencyKey: "erasure-\(handle.uuidString.lowercased())",
                by: Requester(actor: person.handle, request: nil))
            // Two services at once, one just started.
            try await TestGateway.with(.init(isErasing: true), clock: clock, configuration: configuration) { _ in
                while try await begun() == 0 { try await Task.sleep(for: .milliseconds(50)) }
            }
            let answer = try await gateway.eraseMe(newToken(customer))
            #expect(answer.status == 202 && answer.headers[.replayed] == "true")
            try await gateway.completeErasure(answer["request"])
            #expect(try await begun() == 1)
            #expect(try await gateway.post("/v1/credits/check", Self.check, token: newToken(letter)).status == 200)
        }
    }
}

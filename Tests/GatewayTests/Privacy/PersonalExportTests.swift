import CanonicalJSON
import Crypto
import EventStore
import Foundation
import Gateway
import HTTPTypes
import Postgres
import PostgresTesting
import Testing
import TransparencyLog

extension GatewayTests {
    /// Everything about a person, for the person (GDPR-01).
    @Suite("Personal exports", .gateway)
    struct PersonalExportTests {
        private let gateway: TestGateway
        private static let classes = ["access", "account", "billing", "capture", "error", "system", "usage"]

        init() throws {
            gateway = try TestGateway.shared
        }

        private func ask(_ token: String) async throws -> String {
            let answer = try await gateway.post("/v1/me/export", nil, token: token)
            #expect(answer.status == 202)
            return try #require(answer["request"])
        }

        private func events(_ export: Answer) -> [JSONObject] {
            Self.classes.flatMap { export.object?[$0]?.arrayValue ?? [] }.compactMap(\.objectValue)
        }

        private func hash(_ items: [JSONObject]) -> String {
            let bytes = items.flatMap { JSONValue.object($0).canonicalBytes() + [UInt8(ascii: "\n")] }
            return SHA256.hash(data: bytes).map { String($0 / 16, radix: 16) + String($0 % 16, radix: 16) }.joined()
        }

        /// Of everything that people can cause.
        private func busy() async throws -> Customer {
            let customer = try await gateway.customer(credits: 20)
            for endpoint in [Endpoint.check, .capture, .hold, .void] {
                let call = try await endpoint.call(for: customer, at: gateway)
                #expect(try await gateway.send(call, token: customer.token).status == call.status)
            }
            _ = try await gateway.get("/v1/audit/events", token: gateway.auditToken(of: customer))
            _ = try await gateway.post("/v1/me/objection", nil, token: customer.token)
            _ = try await gateway.send(.delete, "/v1/me/objection", token: customer.token)
            let request = try await gateway.recorded(customer)
            var body = try await gateway.reference(to: customer)
            body["reason"] = .string("withdrawn")
            _ = try await gateway.post(
                "/v1/privacy/requests/\(request)/refused", body, token: gateway.identity.application("privacy"))
            return customer
        }

        @Test("GDPR-01: an export holds one of every event type that concerns the person, and who they are")
        func everything() async throws {
            let customer = try await busy()
            let id = try await ask(customer.token)
            let export = try await gateway.get("/v1/exports/\(id)", token: customer.token)
            #expect(export.status == 200)
            let types = Set(events(export).compactMap { $0["type"]?.stringValue })
            let expected = [
                "credit.held", "credit.hold_voided", "credit.debited", "credit.checked", "capture.recorded",
                "tenant.registered", "subject.registered", "audit.read", "privacy.requested", "privacy.fulfilled",
                "privacy.refused", "privacy.restricted", "privacy.restriction_lifted",
            ]
            #expect(types == Set(expected.map { "com.zentriq.\($0).v1" }))
            let handle = try await gateway.handle(of: customer)
            let profile = export.object?["profile"]?.objectValue
            #expect(profile?["object_id"] == .string(customer.subject.uuidString.lowercased()))
            #expect(profile?["subject"] == .string(handle))

            // Against the log itself: just those, up to the request.
            let rows = try await gateway.connected(as: .superuser) { connection in
                try await connection.query(
                    """
                    SELECT position FROM zentriq.events WHERE tenant_id = $1
                        AND (actor = $2 OR stream_id LIKE '%-' || $2::text) AND position <=
                            (SELECT max(position) FROM zentriq.events WHERE tenant_id = $1 AND type = 'privacy.requested')
                    ORDER BY position
                    """, [.uuid(customer.tenant), .uuid(UUID(uuidString: handle))])
            }
            let positions = events(export).compactMap { $0["position"]?.stringValue.flatMap { Int64($0) } }
            #expect(try rows.map { try $0.int64(0) } == positions.sorted())
        }

        @Test("the manifest says how many items each section has, and their hash")
        func manifest() async throws {
            let customer = try await busy()
            let id = try await ask(customer.token)
            let export = try await gateway.get("/v1/exports/\(id)", token: customer.token)
            let manifest = try #require(export.object?["manifest"]?.objectValue)
            let sections = try #require(manifest["sections"]?.objectValue)
            for name in Self.classes {
                let items = export.object?[name]?.arrayValue?.compactMap(\.objectValue) ?? []
                #expect(sections[name]?.objectValue?["count"] == .string(String(items.count)), "\(name)")
                #expect(sections[name]?.objectValue?["sha256"] == .string(hash(items)), "\(name)")
            }
            let profile = try #require(export.object?["profile"]?.objectValue)
            #expect(sections["profile"]?.objectValue?["sha256"] == .string(hash([profile])))
            let checkpoint = try SignedCheckpoint(
                parsing: Array(try #require(manifest["checkpoint"]?.stringValue).utf8))
            _ = try TrustPolicy(log: gateway.platform.configuration.signer.verifier).verify(checkpoint)
            #expect(manifest["schema_versions"]?.objectValue?["capture.recorded"] == .integer(1))

            // In lines it is the same.
            let lines = try await gateway.get(
                "/v1/exports/\(id)", token: customer.token, headers: [.accept: "application/x-ndjson"])
            let objects = lines.lines.compactMap(\.self)
            #expect(objects.count == lines.lines.count)
            #expect(objects.first?["profile"] == .object(profile))
            #expect(objects.dropFirst().dropLast().map(\.self) == events(export))
            #expect(objects.last?["manifest"]?.objectValue?["sections"] == .object(sections))
        }

        @Test("with receipts, each event proves itself offline")
        func receipts() async throws {
            let customer = try await busy()
            let id = try await ask(customer.token)
            let export = try await gateway.get("/v1/exports/\(id)?receipts=true", token: customer.token)
            let events = events(export)
            #expect(events.count > 13)
            for event in events {
                let proof = try ProofFile(parsing: try #require(event["receipt"]?.stringValue).utf8)
                let extra = try #require(try JSONParser.parse(proof.extra).objectValue)
                let salt = try #require(extra["salt"]?.stringValue.flatMap { Data(base64Encoded: $0) })
                _ = try ReceiptVerifier(policy: TrustPolicy(log: gateway.platform.configuration.signer.verifier))
                    .verify(
                        proof, salt: Array(salt), event: try #require(extra["event"]).canonicalBytes())
                #expect(String(proof.index) == event["position"]?.stringValue)
            }
            #expect(export.object?["manifest"]?.objectValue?["receipts"] == .bool(true))
        }

        @Test("nothing of anybody else is in it: not of the tenant's others, nor of other tenants")
        func nothingElse() async throws {
            let customer = try await busy()
            let colleague = Customer(
                tenant: customer.tenant, subject: UUID(),
                token: try await gateway.identity.user(of: customer.tenant, subject: UUID()))
            _ = try await gateway.post("/v1/credits/check", ["product": .string("punchout")], token: colleague.token)
            _ = try await gateway.post("/v1/me/restriction", nil, token: colleague.token)
            let stranger = try await busy()
            let handle = try await gateway.handle(of: customer)
            let own = try await ask(customer.token)
            let export = try await gateway.get("/v1/exports/\(own)", token: customer.token)
            for event in events(export) {
                #expect(event["tenant"] == .string(customer.id))
                let stream = event["subject"]?.stringValue ?? ""
                #expect(event["actor"] == .string(handle) || stream.hasSuffix(handle))
            }
            for other in [stranger.id, stranger.subject.uuidString.lowercased()] {
                #expect(!export.text.contains(other))
            }

            // Nor can anybody else fetch it, whose it is not told either.
            for token in [colleague.token, stranger.token] {
                expect(try await gateway.get("/v1/exports/\(own)", token: token), is: 404, "not-found")
            }
            for role in ["privacy", "auditor", "billing"] {
                let token = try await gateway.identity.application(role)
                expect(try await gateway.get("/v1/exports/\(own)", token: token), is: 403, "forbidden")
            }
        }

        @Test("it is the same each time, whatever happens later, and ends the request once")
        func asOfRequest() async throws {
            let customer = try await busy()
            let id = try await ask(customer.token)
            _ = try await gateway.post("/v1/credits/check", ["product": .string("punchout")], token: customer.token)
            let first = try await gateway.expectAppended(1) {
                try await gateway.get("/v1/exports/\(id)", token: customer.token)
            }
            let second = try await gateway.expectAppended(0) {
                try await gateway.get("/v1/exports/\(id)", token: customer.token)
            }
            #expect(events(first) == events(second))
            try await gateway.projectionsCaughtUp()
            let register = try await gateway.get(
                "/v1/privacy/requests?tenant_id=\(customer.id)", token: gateway.identity.application("privacy"))
            #expect(register.items.first?["request"] == .string(id))
            #expect(register.items.first?["state"] == .string("fulfilled"))
        }

        @Test("it can be fetched for seven days, to the second")
        func expiry() async throws {
            let customer = try await gateway.customer()
            let id = try await ask(customer.token)
            func fetch() async throws -> Answer {
                let token = try await gateway.identity.user(of: customer.tenant, subject: customer.subject)
                return try await gateway.get("/v1/exports/\(id)", token: token)
            }
            gateway.clock.advance(seconds: 7 * 86_400 - 1)
            #expect(try await fetch().status == 200)
            gateway.clock.advance(seconds: 1)
            expect(try await fetch(), is: 410, "export-expired")
        }

        @Test("what is no export of the caller's is not found")
        func unknown() async throws {
            let customer = try await gateway.customer()
            let erasure = try await gateway.recorded(customer, kind: "erasure")
            for id in [erasure, UUID().uuidString.lowercased(), "1", UUID().uuidString, "..%2f"] {
                expect(try await gateway.get("/v1/exports/\(id)", token: customer.token), is: 404, "not-found")
            }
            let id = try await ask(customer.token)
            for query in ["format=xml", "receipts=1", "receipts=", "limit=1", "cursor=1"] {
                expect(
                    try await gateway.get("/v1/exports/\(id)?\(query)", token: customer.token), is: 422, "validation")
            }
            expect(try await gateway.get("/v1/exports/\(id)"), is: 401, "unauthorized")
        }

        @Test("few are sent at once; one more is refused, and given its place when another ends")
        func slots() async throws {
            let customer = try await gateway.customer()
            let id = try await ask(customer.token)
            let slots = gateway.platform.personalExports
            let taken = [try slots.take(), try slots.take()]
            let refused = try await gateway.get("/v1/exports/\(id)", token: customer.token)
            expect(refused, is: 503, "overloaded")
            for slot in taken { slot.giveBack() }
            #expect(try await gateway.get("/v1/exports/\(id)", token: customer.token).status == 200)
            while slots.free < 2 { try await Task.sleep(for: .milliseconds(5)) }
        }

        @Test("the same key asks once")
        func idempotent() async throws {
            let customer = try await gateway.customer()
            let first = try await gateway.post("/v1/me/export", nil, token: customer.token, key: "k")
            let again = try await gateway.expectAppended(0) {
                try await gateway.post("/v1/me/export", nil, token: customer.token, key: "k")
            }
            #expect(again.body == first.body && again.headers[.replayed] == "true")
        }
    }
}

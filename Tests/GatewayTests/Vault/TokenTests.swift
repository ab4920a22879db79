import AuditLog
import CanonicalJSON
import Foundation
import HTTPTypes
import Identity
import Postgres
import PostgresTesting
import Testing

extension GatewayTests {
    @Suite("The token vault", .vault)
    struct TokenTests {
        private let gateway: TestGateway
        private let provider: TestProvider

        init() throws {
            gateway = try TestGateway.shared
            provider = try #require(VaultTrait.provider)
        }

        @Test("AGENT-01: a token is stored, leased, rotated and destroyed; what goes in never comes out")
        func round() async throws {
            let person = try await gateway.connected(to: provider)
            let lease = try await gateway.lease(person)
            #expect(lease.status == 200, "\(lease.text)")
            #expect(lease["access_token"]?.hasPrefix("development-access.") == true)
            #expect(lease["scope"]?.contains(TestGateway.erp) == true)
            #expect(lease.object?["expires_in"] == .integer(600))
            #expect(lease["expires_at"] == gateway.clock.text(in: 600))
            #expect(try await gateway.generation(of: person.customer) == 2)
            try await gateway.forgetSharedAnswers()
            #expect(try await gateway.lease(person).status == 200)
            #expect(try await gateway.generation(of: person.customer) == 3)

            let gone = try await gateway.send(.delete, "/v1/tokens", token: person.customer.token)
            #expect(gone.status == 200)
            let destroyed = gone.object?["destroyed"]?.arrayValue?.compactMap(\.objectValue) ?? []
            #expect(destroyed.map { $0["generation"] } == [.string("3")])
            #expect(gone["revoke_as_tenant"]?.hasPrefix("https://") == true)
            #expect(try await gateway.generation(of: person.customer) == nil)
            expect(try await gateway.lease(person), is: 404, "token-not-stored")
            let again = try await gateway.send(.delete, "/v1/tokens", token: person.customer.token)
            #expect(again.object?["destroyed"] == .array([]))
            #expect(
                try await gateway.tokenEvents(of: person.customer) == [
                    "token.stored", "token.leased", "token.rotated", "token.leased", "token.rotated",
                    "token.disconnected person", "token.refused not_stored",
                ])
            for answer in [lease, gone, again] { #expect(!answer.text.contains(person.refreshToken)) }
        }

        @Test("the event is in the log before the token is used; if it can't be, nothing is asked or released")
        func recordFirst() async throws {
            let person = try await gateway.connected(to: provider)
            let asked = provider.requests
            // Whatever the sequencer sends is refused by the database.
            try await gateway.script(
                "ALTER FUNCTION zentriq.lock_head RENAME TO lock_head_away; ALTER FUNCTION zentriq.append RENAME TO away"
            )
            let answer = try await gateway.lease(person)
            #expect(answer.status >= 500)
            #expect(provider.requests == asked)
            try await gateway.script(
                "ALTER FUNCTION zentriq.lock_head_away RENAME TO lock_head; ALTER FUNCTION zentriq.away RENAME TO append"
            )
            while try await gateway.lease(person).status != 200 { try await Task.sleep(for: .milliseconds(50)) }
        }

        @Test("storing another token destroys the one before, and begins with its first generation")
        func replaced() async throws {
            let person = try await gateway.connected(to: provider)
            _ = try await gateway.lease(person)
            let other = provider.grants.begin(
                tenant: person.customer.tenant, scopes: [TestGateway.erp, "offline_access"])
            let answer = try await gateway.onBehalf(
                person.customer, .put, "/v1/tokens", TestGateway.storing(other), agent: person.agent,
                headers: [.init("Prefer")!: "receipt"])
            #expect(answer.status == 200)
            #expect(answer["receipt"]?.hasPrefix("c2sp.org/tlog-proof@v1") == true)
            #expect(answer["generation"] == "1")
            #expect(try await gateway.lease(person).status == 200)
            #expect(
                try await gateway.tokenEvents(of: person.customer).contains("token.disconnected replaced"))
        }

        @Test("a scope that was not granted is refused, and recorded")
        func scopes() async throws {
            let person = try await gateway.connected(to: provider)
            let answer = try await gateway.lease(person, TestGateway.leasing(scope: "https://other.example.com/x"))
            expect(answer, is: 422, "validation")
            #expect(answer.pointers == ["/scope"])
            #expect(
                try await gateway.tokenEvents(of: person.customer) == [
                    "token.stored", "token.refused scope_not_granted",
                ])
        }

        @Test("GDPR-08: that the product was uninstalled equals a disconnect, of a person or of all of a tenant")
        func uninstalled() async throws {
            for isPerson in [true, false] {
                let person = try await gateway.connected(to: provider)
                let other = try await gateway.connected(to: provider)
                var body: JSONObject = ["tenant_id": .string(person.customer.id)]
                if isPerson { body["object_id"] = .string(UUID().uuidString.lowercased()) }
                let none = try await gateway.post("/v1/tokens/uninstalled", body, token: person.agent)
                if isPerson {
                    #expect(none.object?["destroyed"] == .array([]))
                    body["object_id"] = .string(person.customer.subject.uuidString.lowercased())
                    let done = try await gateway.post("/v1/tokens/uninstalled", body, token: person.agent)
                    #expect(done.object?["destroyed"]?.arrayValue?.count == 1)
                }
                #expect(try await gateway.generation(of: person.customer) == nil)
                #expect(try await gateway.generation(of: other.customer) == 1)
                #expect(
                    try await gateway.tokenEvents(of: person.customer).last == "token.disconnected uninstalled")
            }
        }

        @Test("GDPR-09: while a person's data is only to be stored, nothing is stored or leased for them")
        func restricted() async throws {
            let person = try await gateway.connected(to: provider)
            let asked = provider.requests
            let path = "/v1/me/restriction"
            #expect(try await gateway.post(path, nil, token: person.customer.token).status == 200)
            let lease = try await gateway.lease(person)
            expect(lease, is: 403, "processing-restricted")
            #expect(lease.object?["grounds"] == .array([.string("restriction")]))
            let put = try await gateway.onBehalf(
                person.customer, .put, "/v1/tokens", TestGateway.storing("x"), agent: person.agent)
            expect(put, is: 403, "processing-restricted")
            #expect(provider.requests == asked)
            #expect(try await gateway.send(.delete, path, token: person.customer.token).status == 200)
            #expect(try await gateway.lease(person).status == 200)
        }

        @Test("AGENT-05: an unusual rate is refused with the time to wait, recorded, and others go on")
        func unusualRate() async throws {
            let person = try await gateway.connected(to: provider)
            let other = try await gateway.connected(to: provider)
            for _ in 0..<30 { #expect(try await gateway.lease(person).status == 200) }
            let refused = try await gateway.lease(person)
            expect(refused, is: 429, "rate-limited")
            let wait = try #require(refused.headers[.retryAfter].flatMap(Int64.init))
            #expect((1...60).contains(wait))
            #expect(try await gateway.tokenEvents(of: person.customer).last == "token.refused unusual_rate")
            #expect(try await gateway.lease(other).status == 200)
            gateway.clock.advance(seconds: wait)
            #expect(try await gateway.lease(person).status == 200)
        }

        @Test(
            "more leases in an hour than a person or a tenant has are refused, recorded, and begin anew with the hour")
        func hourly() async throws {
            var options = TestGateway.Options()
            options.provider = provider
            options.vaultLimits.personPerHour = 3
            options.vaultLimits.tenantPerHour = 5
            let provider = provider
            try await TestGateway.with(options) { gateway in
                // Not over the end of an hour, and of no minute.
                gateway.clock.advance(seconds: 3_600 - gateway.clock.now / 1_000_000 % 3_600)
                let first = try await gateway.connected(to: provider)
                let second = try await gateway.connected(to: provider, as: first.customer.tenant)
                let neighbour = try await gateway.connected(to: provider)
                for _ in 0..<3 { #expect(try await gateway.lease(first).status == 200) }
                let person = try await gateway.lease(first)
                expect(person, is: 429, "rate-limited")
                #expect(person.headers[.retryAfter] == "3600")
                #expect(try await gateway.tokenEvents(of: first.customer).last == "token.refused person_quota")
                #expect(try await gateway.lease(second).status == 200)
                // What was refused has counted as well.
                let tenant = try await gateway.lease(second)
                expect(tenant, is: 429, "rate-limited")
                #expect(try await gateway.tokenEvents(of: first.customer).last == "token.refused tenant_quota")
                #expect(try await gateway.lease(neighbour).status == 200)
                gateway.clock.advance(seconds: 3_599)
                expect(try await gateway.lease(first), is: 429, "rate-limited")
                gateway.clock.advance(seconds: 1)
                #expect(try await gateway.lease(first).status == 200)
            }
        }

        @Test("a person's export has the events and what is known of the token, and not the token")
        func export() async throws {
            let person = try await gateway.connected(to: provider)
            _ = try await gateway.lease(person)
            let asked = try await gateway.post("/v1/me/export", nil, token: person.customer.token)
            let id = try #require(asked["request"])
            let export = try await gateway.get("/v1/exports/\(id)", token: person.customer.token)
            #expect(export.status == 200)
            for type in ["token.stored", "token.leased", "token.rotated"] {
                #expect(export.text.contains("\"\(type)\""))
            }
            let tokens = export.object?["profile"]?.objectValue?["tokens"]?.arrayValue ?? []
            #expect(tokens.first?.objectValue?["generation"] == .string("2"))
            #expect(!export.text.contains(person.refreshToken))
        }

        @Test("without an identity provider nothing is stored or leased")
        func notConfigured() async throws {
            try await TestGateway.with { gateway in
                let customer = try await gateway.customer(client: TestIdentity.agentClient)
                let agent = try await gateway.identity.application("agent")
                let put = try await gateway.onBehalf(
                    customer, .put, "/v1/tokens", TestGateway.storing("token"), agent: agent)
                expect(put, is: 503, "unavailable")
                let lease = try await gateway.onBehalf(
                    customer, .post, "/v1/tokens/lease", TestGateway.leasing(), agent: agent)
                expect(lease, is: 503, "unavailable")
                #expect(try await gateway.send(.delete, "/v1/tokens", token: customer.token).status == 200)
            }
        }
    }
}

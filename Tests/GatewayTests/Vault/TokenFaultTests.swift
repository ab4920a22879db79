import CanonicalJSON
import Foundation
import HTTPTypes
import Identity
import Postgres
import PostgresTesting
import Testing

extension GatewayTests {
    /// Whatever happens between us, the identity provider and the database: no generation is lost.
    @Suite("The token vault and its identity provider", .vault)
    struct TokenFaultTests {
        private let gateway: TestGateway
        private let provider: TestProvider

        init() throws {
            gateway = try TestGateway.shared
            provider = try #require(VaultTrait.provider)
        }

        @Test(
            "an answer that is lost, late, huge or unreadable leaves the generation, and the next lease works",
            arguments: [
                "unavailable", "lost", "silent", "huge", "", "[]", "{}", "{\"access_token\":\"a\"}",
                "{\"access_token\":\"a\",\"token_type\":\"mac\",\"expires_in\":60}",
                "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":0}",
                "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":\"60\"}",
                "{\"access_token\":\"\",\"token_type\":\"Bearer\",\"expires_in\":60}",
                "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":60,\"refresh_token\":\"\"}",
                "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":60,\"refresh_token\":7}",
            ])
        func lostAnswers(fault: String) async throws {
            let person = try await gateway.connected(to: provider)
            switch fault {
            case "unavailable": provider.fail(.unavailable)
            case "lost": provider.fail(.lost)
            case "silent": provider.fail(.silent)
            case "huge": provider.fail(.huge)
            default: provider.fail(.malformed(fault))
            }
            let answer = try await gateway.lease(person)
            expect(answer, is: 503, "identity-provider-unavailable")
            #expect(answer.headers[.retryAfter] == "5")
            #expect(try await gateway.generation(of: person.customer) == 1)
            #expect(try await gateway.lease(person).status == 200)
            #expect(try await gateway.generation(of: person.customer) == 2)
            #expect(
                try await gateway.tokenEvents(of: person.customer) == [
                    "token.stored", "token.leased", "token.refused provider_unavailable", "token.leased",
                    "token.rotated",
                ])
        }

        @Test("a redirect is not followed, wherever it leads", arguments: [301, 302, 303, 307, 308])
        func redirect(status: Int) async throws {
            let person = try await gateway.connected(to: provider)
            let (asked, renewed) = (provider.requests, provider.grants.refreshCount)
            provider.fail(.redirect(status))
            expect(try await gateway.lease(person), is: 503, "identity-provider-unavailable")
            #expect(provider.requests == asked + 1 && provider.grants.refreshCount == renewed)
            #expect(try await gateway.generation(of: person.customer) == 1)
            #expect(try await gateway.lease(person).status == 200)
        }

        @Test("a provider that keeps the token has it kept", arguments: [60, 86_400])
        func sameToken(seconds: Int) async throws {
            let person = try await gateway.connected(to: provider)
            provider.fail(
                .malformed("{\"access_token\":\"kept\",\"token_type\":\"bearer\",\"expires_in\":\(seconds)}"))
            let first = try await gateway.lease(person)
            #expect(first["access_token"] == "kept")
            #expect(first.object?["expires_in"] == .integer(Int64(min(seconds, 600))))
            try await gateway.forgetSharedAnswers()
            #expect(try await gateway.lease(person).status == 200)
            #expect(try await gateway.generation(of: person.customer) == 3)
        }

        @Test(
            "an answer too long to be shared loses no token",
            arguments: [
                // Scopes without end, one that is too long, and an access token that escaped is twice as long.
                (String(repeating: "s ", count: 30_000), 100), (String(repeating: "x", count: 40_000), 100),
                ("s", 16_000),
            ])
        func longAnswer(scope: String, length: Int) async throws {
            let person = try await gateway.connected(to: provider)
            let renewed = provider.grants.begin(
                tenant: person.customer.tenant, scopes: [TestGateway.erp, "offline_access"])
            let access = String(repeating: length > 1_000 ? "\"" : "a", count: length)
            let answer: JSONObject = [
                "access_token": .string(access), "expires_in": .integer(600), "refresh_token": .string(renewed),
                "scope": .string(scope), "token_type": .string("Bearer"),
            ]
            provider.fail(.malformed(String(decoding: JSONValue.object(answer).canonicalBytes(), as: UTF8.self)))
            let lease = try await gateway.lease(person)
            #expect(lease.status == 200 && lease["access_token"] == access)
            #expect((lease["scope"] ?? "").split(separator: " ").count <= 32)
            #expect(try await gateway.generation(of: person.customer) == 2)
            // What was sent before has ended at the provider: only the new one works.
            try await gateway.forgetSharedAnswers()
            #expect(try await gateway.lease(person).status == 200)
            #expect(try await gateway.generation(of: person.customer) == 3)
        }

        @Test(
            "a token that has ended is destroyed, and the person has to connect anew",
            arguments: ["invalid_grant", "interaction_required", "consent_required"])
        func ended(code: String) async throws {
            let person = try await gateway.connected(to: provider)
            provider.fail(.refused(code))
            expect(try await gateway.lease(person), is: 409, "consent-required")
            #expect(try await gateway.generation(of: person.customer) == nil)
            let asked = provider.requests
            expect(try await gateway.lease(person), is: 409, "consent-required")
            #expect(provider.requests == asked)
            #expect(
                try await gateway.tokenEvents(of: person.customer) == [
                    "token.stored", "token.leased", "token.consent_required", "token.refused consent_required",
                    "token.refused consent_required",
                ])
            let token = provider.grants.begin(
                tenant: person.customer.tenant, scopes: [TestGateway.erp, "offline_access"])
            let put = try await gateway.onBehalf(
                person.customer, .put, "/v1/tokens", TestGateway.storing(token), agent: person.agent)
            #expect(put.status == 200)
            #expect(try await gateway.lease(person).status == 200)
        }

        @Test("a refusal that is ours or the scope's keeps the token", arguments: ["invalid_client", "invalid_scope"])
        func refused(code: String) async throws {
            let person = try await gateway.connected(to: provider)
            provider.fail(.refused(code))
            expect(try await gateway.lease(person), is: 409, "conflict")
            #expect(try await gateway.generation(of: person.customer) == 1)
            #expect(try await gateway.lease(person).status == 200)
        }

        @Test("a token that somebody else uses too is found out by the provider, and ends")
        func reuse() async throws {
            let person = try await gateway.connected(to: provider)
            var stolen = person.refreshToken
            for _ in 0..<2 {
                stolen = try provider.grants.refresh(
                    stolen, tenant: person.customer.tenant, scopes: [TestGateway.erp]
                ).get()
            }
            expect(try await gateway.lease(person), is: 409, "consent-required")
        }

        @Test("20 leases at once renew the token once, also over two services")
        func singleFlight() async throws {
            let person = try await gateway.connected(to: provider)
            let before = provider.grants.refreshCount
            let provider = provider
            var options = TestGateway.Options()
            options.provider = provider
            let gateway = gateway
            try await TestGateway.with(options, clock: gateway.clock, configuration: gateway.configuration) { other in
                let customer = person.customer
                let token = try await other.identity.user(
                    of: customer.tenant, subject: customer.subject, client: TestIdentity.agentClient)
                let there = Connected(
                    customer: Customer(tenant: customer.tenant, subject: customer.subject, token: token),
                    agent: try await other.identity.application("agent"), refreshToken: "")
                async let left = gateway.parallel(10) { _ in try await gateway.lease(person) }
                async let right = other.parallel(10) { _ in try await other.lease(there) }
                let answers = try await left + right
                #expect(answers.allSatisfy { $0.status == 200 }, "\(answers.map(\.status))")
                #expect(Set(answers.compactMap { $0["access_token"] }).count == 1)
                #expect(Set(answers.compactMap { $0["position"] }).count == 20)
            }
            #expect(provider.grants.refreshCount == before + 1)
            #expect(try await gateway.generation(of: person.customer) == 2)
        }

        @Test("leases for other scopes at the same time each get their own, one after the other")
        func scopesAtOnce() async throws {
            let scopes = (0..<4).map { "https://erp.example.com/scope-\($0)" }
            let person = try await gateway.connected(to: provider, scopes: Set(scopes))
            let gateway = gateway
            let answers = try await gateway.parallel(8) { index in
                try await gateway.lease(person, TestGateway.leasing(scope: scopes[index % 4]))
            }
            #expect(answers.allSatisfy { $0.status == 200 }, "\(answers.map(\.text))")
            #expect(Set(answers.compactMap { $0["scope"] }) == Set(scopes))
        }

        @Test(
            "GDPR-06: what comes back from the provider after a disconnect is neither stored nor given out",
            arguments: [true, false])
        func fenced(isConnectedAnew: Bool) async throws {
            let person = try await gateway.connected(to: provider)
            provider.fail(.held)
            let gateway = gateway
            async let lease = gateway.lease(person)
            try await provider.isHolding()
            let gone = try await gateway.send(.delete, "/v1/tokens", token: person.customer.token)
            #expect(gone.object?["destroyed"]?.arrayValue?.count == 1)
            if isConnectedAnew {
                let put = try await gateway.onBehalf(
                    person.customer, .put, "/v1/tokens", TestGateway.storing("another"), agent: person.agent)
                #expect(put.status == 200)
            }
            provider.release()
            let answer = try await lease
            expect(answer, is: 404, "token-not-stored")
            #expect(try await gateway.generation(of: person.customer) == (isConnectedAnew ? 1 : nil))
            #expect(
                try await gateway.tokenEvents(of: person.customer).last == "token.refused disconnected_meanwhile")
        }

        @Test("when every connection breaks while the provider answers, the new generation is stored all the same")
        func brokenConnections() async throws {
            let person = try await gateway.connected(to: provider)
            provider.fail(.held)
            let gateway = gateway
            async let lease = gateway.lease(person)
            try await provider.isHolding()
            try await gateway.script(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND usename = 'zentriq_gateway'
                """)
            provider.release()
            #expect(try await lease.status == 200)
            #expect(try await gateway.generation(of: person.customer) == 2)
            try await gateway.forgetSharedAnswers()
            #expect(try await gateway.lease(person).status == 200)
        }

        @Test("whoever asked and died is waited for until its time has come, and the generation before is used")
        func deadFlight() async throws {
            let person = try await gateway.connected(to: provider)
            // It had asked, and the answer was not stored.
            _ = try provider.grants.refresh(
                person.refreshToken, tenant: person.customer.tenant, scopes: [TestGateway.erp]
            ).get()
            try await gateway.script(
                """
                UPDATE zentriq.vault_tokens SET fence = fence + 1, busy_until = clock_timestamp() + interval '1 s'
                WHERE tenant_id = '\(person.customer.id)'
                """)
            #expect(try await gateway.lease(person).status == 200)
            #expect(try await gateway.generation(of: person.customer) == 2)
        }

        @Test("whoever comes back after its time has a fence that counts no more")
        func lateFlight() async throws {
            let person = try await gateway.connected(to: provider)
            provider.fail(.held)
            let gateway = gateway
            async let late = gateway.lease(person)
            try await provider.isHolding()
            try await gateway.script(
                """
                UPDATE zentriq.vault_tokens SET fence = fence + 1, busy_until = NULL
                WHERE tenant_id = '\(person.customer.id)'
                """)
            provider.release()
            #expect(try await late.status == 404)
            #expect(try await gateway.generation(of: person.customer) == 1)
            #expect(try await gateway.lease(person).status == 200)
        }
    }
}

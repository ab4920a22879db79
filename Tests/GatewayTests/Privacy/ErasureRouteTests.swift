import CanonicalJSON
import Edge
import EventStore
import Foundation
import HTTPTypes
import Identity
import Postgres
import PostgresTesting
import Testing

extension GatewayTests {
    /// Who may ask for an erasure, and how. Nothing carries them on here.
    @Suite("The routes of erasure", .gateway)
    struct ErasureRouteTests {
        private let gateway: TestGateway

        init() throws {
            gateway = try TestGateway.shared
        }

        @Test("what is wrong with a request is refused, and nothing is recorded")
        func badInput() async throws {
            let customer = try await gateway.customer()
            let staff = try await gateway.identity.application("privacy")
            let json: HTTPFields = [.contentType: "application/json", .idempotencyKey: "k"]
            let before = try await gateway.logSize()
            for (path, token) in [("/v1/me", customer.token), ("/v1/tenants/\(customer.id)", staff)] {
                for (text, status, problem) in [
                    ("{", 400, "malformed-json"), (#"{"why":"x"}"#, 422, "validation"), ("[]", 422, "validation"),
                ] {
                    let answer = try await gateway.send(
                        .delete, path, token: token, bytes: Array(text.utf8), headers: json)
                    expect(answer, is: status, problem)
                }
                expect(
                    try await gateway.send(.delete, path + "?really=true", token: token, headers: json), is: 422,
                    "validation")
                expect(
                    try await gateway.send(.delete, path + "?receipt=1", token: token, headers: json), is: 422,
                    "validation")
                expect(try await gateway.send(.delete, path, headers: json), is: 401, "unauthorized")
            }
            for id in [
                "x", customer.id.uppercased(), customer.id + "0", UUID().uuidString.lowercased(),
                "00000000-0000-0000-0000-000000000000",
            ] {
                expect(try await gateway.eraseTenant(id, token: staff), is: 404, "not-found")
            }
            expect(
                try await gateway.eraseTenant(customer.id, token: staff, key: nil), is: 400, "idempotency-key-required")
            for id in ["x", UUID().uuidString, UUID().uuidString.lowercased()] {
                expect(try await gateway.get("/v1/erasures/\(id)", token: staff), is: 404, "not-found")
            }
            let path = "/v1/erasures/\(UUID().uuidString.lowercased())"
            expect(try await gateway.get(path + "?all=1", token: staff), is: 422, "validation")
            expect(try await gateway.get(path), is: 401, "unauthorized")
            #expect(try await gateway.logSize() == before)
        }

        @Test("somebody who has signed in long ago, or whose token does not say when, is asked to do so again")
        func stepUp() async throws {
            let customer = try await gateway.customer()
            for ago: Int64? in [nil, 301, 86_400] {
                let token = try await gateway.identity.issuer.userToken(
                    tenant: customer.tenant, subject: customer.subject, scopes: ["credits"],
                    client: TestIdentity.extensionClient, authenticatedAgoSeconds: ago)
                let answer = try await gateway.expectAppended(0) { try await gateway.eraseMe(token) }
                expect(answer, is: 401, "reauthentication-required")
                let challenge = try #require(answer.headers[.wwwAuthenticate])
                #expect(challenge.contains(#"error="insufficient_user_authentication""#))
                #expect(challenge.contains(#"max_age="300""#))
                #expect(answer.object?["max_age"] == .integer(300))
            }
        }

        @Test("an application is not a person, whatever its role", arguments: ["privacy", "billing", "auditor"])
        func notAPerson(role: String) async throws {
            let token = try await gateway.identity.application(role)
            let answer = try await gateway.expectAppended(0) { try await gateway.eraseMe(token) }
            expect(answer, is: 403, "forbidden")
        }

        @Test("asked for twice, it is the same erasure, and one request in the register")
        func twice() async throws {
            let customer = try await gateway.customer()
            let first = try await gateway.expectAppended(2) { try await gateway.eraseMe(customer.token) }
            #expect(first.status == 202 && first.headers[.replayed] == nil)
            let again = try await gateway.expectAppended(0) { try await gateway.eraseMe(customer.token) }
            #expect(again.status == 202 && again.body == first.body)
            #expect(again.headers[.replayed] == "true")
            // Another client of the same person, too.
            let other = try await gateway.identity.user(
                of: customer.tenant, subject: customer.subject, client: TestIdentity.agentClient)
            #expect(try await gateway.eraseMe(other).body == first.body)

            let staff = try await gateway.identity.application("privacy")
            let request = try #require(first["request"])
            let state = try await gateway.expectAppended(1) {
                try await gateway.get("/v1/erasures/\(request)", token: staff)
            }
            #expect(state.status == 200)
            let read = try await gateway.newestRead()
            #expect(read["route"] == .string("/v1/erasures"))
            #expect(read["filters"] == .object(["request": .string(request)]))
            #expect(state.object?["complete"] == .bool(false) && state["stage"] == nil)
            #expect(try await state["subject"] == gateway.handle(of: customer))
        }

        @Test("a person's colleague, and the same person of another tenant, is somebody else")
        func others() async throws {
            let customer = try await gateway.customer()
            let first = try await gateway.eraseMe(customer.token)
            for (tenant, subject) in [(customer.tenant, UUID()), (UUID(), customer.subject)] {
                let token = try await gateway.identity.user(of: tenant, subject: subject)
                let answer = try await gateway.eraseMe(token)
                #expect(answer.status == 202 && answer["request"] != first["request"])
            }
        }

        @Test("a tenant is erased by the role privacy only, once for each key")
        func tenant() async throws {
            let customer = try await gateway.customer()
            let before = try await gateway.logSize()
            for role in ["billing", "auditor", "agent"] {
                let token = try await gateway.identity.application(role)
                expect(try await gateway.eraseTenant(customer.id, token: token), is: 403, "forbidden")
            }
            expect(try await gateway.eraseTenant(customer.id, token: customer.token), is: 403, "forbidden")
            // The role counts in the operator's own tenant only.
            let foreign = try await gateway.identity.application("privacy", of: customer.tenant)
            expect(try await gateway.eraseTenant(customer.id, token: foreign), is: 403, "forbidden")
            #expect(try await gateway.logSize() == before)

            let staff = try await gateway.identity.application("privacy")
            let first = try await gateway.expectAppended(1) {
                try await gateway.eraseTenant(customer.id, token: staff, key: "a")
            }
            #expect(first.status == 202)
            let again = try await gateway.eraseTenant(customer.id, token: staff, key: "a")
            #expect(again.body == first.body && again.headers[.replayed] == "true")
            #expect(try await gateway.eraseTenant(customer.id, token: staff, key: "b")["request"] != first["request"])
            let state = try await gateway.get("/v1/erasures/\(try #require(first["request"]))", token: staff)
            #expect(state["tenant_id"] == customer.id && state["subject"] == nil)
        }

        @Test("how far an erasure is, the role privacy learns, and nobody else")
        func state() async throws {
            let customer = try await gateway.customer()
            let request = try #require(try await gateway.eraseMe(customer.token)["request"])
            expect(try await gateway.get("/v1/erasures/\(request)", token: customer.token), is: 403, "forbidden")
            for role in ["billing", "auditor", "agent"] {
                let token = try await gateway.identity.application(role)
                expect(try await gateway.get("/v1/erasures/\(request)", token: token), is: 403, "forbidden")
            }
        }
    }
}

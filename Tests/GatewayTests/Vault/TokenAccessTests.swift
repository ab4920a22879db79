import CanonicalJSON
import EventStore
import Foundation
import HTTPTypes
import Identity
import Postgres
import PostgresTesting
import Testing

/// The routes of the vault.
enum TokenRoute: String, CaseIterable, CustomTestStringConvertible {
    case store, lease, disconnect, uninstalled

    var testDescription: String { rawValue }

    var method: HTTPRequest.Method {
        switch self {
        case .store: .put
        case .disconnect: .delete
        case .lease, .uninstalled: .post
        }
    }

    var path: String {
        switch self {
        case .store, .disconnect: "/v1/tokens"
        case .lease: "/v1/tokens/lease"
        case .uninstalled: "/v1/tokens/uninstalled"
        }
    }

    var operationID: String {
        switch self {
        case .store: "storeToken"
        case .lease: "leaseToken"
        case .disconnect: "disconnect"
        case .uninstalled: "uninstalled"
        }
    }

    func body(for customer: Customer) -> JSONObject {
        switch self {
        case .store: TestGateway.storing("another-token")
        case .lease: TestGateway.leasing()
        case .disconnect: [:]
        case .uninstalled: ["tenant_id": .string(customer.id)]
        }
    }

    static let bodies: [TokenRoute] = [.store, .lease, .uninstalled]
    static let onBehalf: [TokenRoute] = [.store, .lease]
}

extension GatewayEntryTests {
    @Suite("The entry to the token vault", .vault)
    struct TokenAccessTests {
        private let gateway: TestGateway
        private let provider: TestProvider

        init() throws {
            gateway = try TestGateway.shared
            provider = try #require(VaultTrait.provider)
        }

        private func send(
            _ route: TokenRoute, for customer: Customer, token: String?, behalf: String?, body: [UInt8]? = nil
        ) async throws -> Answer {
            var headers: HTTPFields = [.contentType: "application/json"]
            headers[.onBehalfOf] = behalf
            let bytes = body ?? JSONValue.object(route.body(for: customer)).canonicalBytes()
            return try await gateway.send(route.method, route.path, token: token, bytes: bytes, headers: headers)
        }

        /// What becomes of it; nil for success.
        private func refusal(of route: TokenRoute, to visitor: Visitor) -> (status: Int, problem: String)? {
            switch visitor {
            case .nobody, .garbage, .forged, .expired: return (401, "unauthorized")
            case .agent: return route == .disconnect ? (403, "forbidden") : nil
            case .user, .userWithoutScope, .userWithAuditScope, .userOfTheOtherProduct:
                return route == .disconnect ? nil : (403, "forbidden")
            default: return (403, "forbidden")
            }
        }

        @Test("every route, every visitor", arguments: TokenRoute.allCases, Visitor.allCases)
        func matrix(route: TokenRoute, visitor: Visitor) async throws {
            let person = try await gateway.connected(to: provider)
            let token = try await visitor.token(for: person.customer, at: gateway)
            let behalf = try await gateway.identity.issuer.userToken(
                tenant: person.customer.tenant, subject: person.customer.subject, scopes: ["x"],
                client: TestIdentity.agentClient)
            if visitor == .expired { gateway.clock.advance(seconds: 62) }
            let before = try await gateway.logSize()
            let answer = try await send(route, for: person.customer, token: token, behalf: "Bearer \(behalf)")
            guard let refusal = refusal(of: route, to: visitor) else {
                #expect(answer.status == 200, "\(answer.text)")
                return
            }
            expect(answer, is: refusal.status, refusal.problem)
            #expect(try await gateway.logSize() == before)
            #expect((answer.headers[.wwwAuthenticate] != nil) == (refusal.status == 401))
        }

        @Test(
            "whom the agent comes for must be a user with a good token", arguments: TokenRoute.onBehalf,
            Visitor.allCases)
        func onBehalf(route: TokenRoute, visitor: Visitor) async throws {
            let person = try await gateway.connected(to: provider)
            let behalf = try await visitor.token(for: person.customer, at: gateway).map { "Bearer \($0)" }
            if visitor == .expired { gateway.clock.advance(seconds: 62) }
            let agent = try await gateway.identity.application("agent")
            let asked = provider.requests
            let answer = try await send(route, for: person.customer, token: agent, behalf: behalf)
            switch visitor {
            case .nobody, .garbage, .forged, .expired: expect(answer, is: 401, "unauthorized")
            case .userOfTheOtherProduct: #expect(answer.status == 200, "\(answer.text)")
            // Of the client of the other product.
            case .user, .userWithoutScope, .userWithAuditScope: expect(answer, is: 403, "product-not-entitled")
            default: expect(answer, is: 403, "forbidden")
            }
            if answer.status != 200 { #expect(provider.requests == asked) }
        }

        @Test(
            "the user's token stands in one header, after one word",
            arguments: ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Bearer  x", "token"])
        func header(value: String) async throws {
            let person = try await gateway.connected(to: provider)
            let answer = try await send(.lease, for: person.customer, token: person.agent, behalf: value)
            expect(answer, is: 401, "unauthorized")
        }

        @Test(
            "AGENT-02, TEN-01: a person has their own token only, whatever the tenant of the other is",
            arguments: [true, false])
        func isolation(isSameTenant: Bool) async throws {
            let person = try await gateway.connected(to: provider)
            let tenant = isSameTenant ? person.customer.tenant : UUID()
            let token = try await gateway.identity.user(of: tenant, client: TestIdentity.agentClient)
            let other = Customer(tenant: tenant, subject: UUID(), token: token)
            let answer = try await send(.lease, for: other, token: person.agent, behalf: "Bearer \(token)")
            expect(answer, is: 404, "token-not-stored")
            let gone = try await gateway.send(.delete, "/v1/tokens", token: token)
            #expect(gone.object?["destroyed"] == .array([]))
            #expect(try await gateway.lease(person).status == 200)
        }

        @Test("malformed bodies are refused and append nothing", arguments: TokenRoute.bodies, MalformedBody.all)
        func malformed(route: TokenRoute, body: MalformedBody) async throws {
            let person = try await gateway.connected(to: provider)
            let right = String(
                decoding: JSONValue.object(route.body(for: person.customer)).canonicalBytes(), as: UTF8.self)
            let before = try await gateway.logSize()
            let answer = try await send(
                route, for: person.customer, token: person.agent, behalf: "Bearer \(person.customer.token)",
                body: body.spoil(right))
            // A body of the vault may be larger than those of other commands.
            if body.status == 413, route == .store, answer.status == 200 { return }
            expect(answer, is: body.status, body.problem)
            #expect(try await gateway.logSize() == before)
        }

        /// What is wrong with a member, and no other.
        static let wrong: [(TokenRoute, String, JSONValue?)] = [
            (.store, "refresh_token", nil), (.store, "refresh_token", .string("")),
            (.store, "refresh_token", .integer(1)),
            (.store, "refresh_token", .null), (.store, "refresh_token", .string("a b")),
            (.store, "refresh_token", .string("ä")), (.store, "refresh_token", .string("a\n")),
            (.store, "refresh_token", .string(String(repeating: "a", count: 8_193))),
            (.store, "scope", nil), (.store, "scope", .string("")), (.store, "scope", .string(" a")),
            (.store, "scope", .string("a  b")), (.store, "scope", .string("a a")), (.store, "scope", .string("a\tb")),
            (.store, "scope", .string("a\"b")), (.store, "scope", .string("a?b=c")), (.store, "scope", .string("ä")),
            (.store, "scope", .array([.string("a")])), (.store, "scope", .string(String(repeating: "a", count: 201))),
            (.store, "scope", .string((0..<17).map { "s\($0)" }.joined(separator: " "))),
            (.store, "scope", .string("x another-token")), (.store, "product", .string("erp")),
            (.store, "product", .null), (.store, "subject", .string("x")),
            (.lease, "purpose", nil), (.lease, "purpose", .string("")), (.lease, "purpose", .string("curiosity")),
            (.lease, "purpose", .string("Report")), (.lease, "purpose", .null), (.lease, "scope", nil),
            (.lease, "ttl_seconds", nil), (.lease, "ttl_seconds", .integer(0)),
            (.lease, "ttl_seconds", .integer(3_601)),
            (.lease, "ttl_seconds", .integer(-1)), (.lease, "ttl_seconds", .string("60")),
            (.lease, "product", .string("")), (.lease, "tenant_id", .string("x")),
            (.uninstalled, "tenant_id", nil), (.uninstalled, "tenant_id", .string("x")),
            (.uninstalled, "object_id", .string("x")), (.uninstalled, "object_id", .null),
            (.uninstalled, "refresh_token", .string("x")),
        ]

        @Test(
            "AGENT-03: a member that is missing, wrong or not asked for is named, and nothing is appended",
            arguments: wrong)
        func fields(route: TokenRoute, name: String, value: JSONValue?) async throws {
            let person = try await gateway.connected(to: provider)
            var body = route.body(for: person.customer)
            body[name] = value
            let before = try await gateway.logSize()
            let answer = try await send(
                route, for: person.customer, token: person.agent, behalf: "Bearer \(person.customer.token)",
                body: JSONValue.object(body).canonicalBytes())
            expect(answer, is: 422, "validation")
            #expect(answer.pointers == ["/\(name)"])
            #expect(try await gateway.logSize() == before)
        }

        @Test(
            "the longest that is taken is taken",
            arguments: [(8_192, 3_600), (1, 1)])
        func boundaries(bytes: Int, seconds: Int64) async throws {
            let person = try await gateway.connected(to: provider)
            let scopes = (0..<16).map { "s\($0)." + String(repeating: "a", count: 190) }.joined(separator: " ")
            let put = try await gateway.onBehalf(
                person.customer, .put, "/v1/tokens",
                TestGateway.storing(String(repeating: "~", count: bytes), scope: scopes), agent: person.agent)
            #expect(put.status == 200, "\(put.text)")
            let lease = try await gateway.lease(
                person, TestGateway.leasing(scope: String(scopes.split(separator: " ")[0]), seconds: seconds))
            expect(lease, is: 409, "consent-required")
        }

        @Test("no other method, and a query is none of it", arguments: [HTTPRequest.Method.get, .post, .patch])
        func methods(method: HTTPRequest.Method) async throws {
            let person = try await gateway.connected(to: provider)
            let answer = try await gateway.send(method, "/v1/tokens", token: person.customer.token)
            expect(answer, is: 405)
            let query = try await gateway.send(.delete, "/v1/tokens?product=agent", token: person.customer.token)
            expect(query, is: 422)
        }

        @Test(
            "the gateway's role sees rows of the tenant it names, and no other role any",
            arguments: ["vault_tokens", "vault_leases"])
        func rowLevelSecurity(table: String) async throws {
            let person = try await gateway.connected(to: provider)
            let other = try await gateway.connected(to: provider)
            for connected in [person, other] { _ = try await gateway.lease(connected) }
            let count = Statement("SELECT count(*), count(*) FILTER (WHERE tenant_id = $1) FROM zentriq.\(table)")
            try await gateway.connected(as: .gateway) { connection in
                let none = try await connection.query(count, [.uuid(person.customer.tenant)]).only()
                #expect(try none.int64(0) == 0)
                try await connection.begin()
                try await connection.query(
                    "SELECT set_config('zentriq.tenant_id', $1, true)", [.text(person.customer.id)])
                let own = try await connection.query(count, [.uuid(person.customer.tenant)]).only()
                #expect(try own.int64(0) > 0)
                #expect(try own.int64(0) == own.int64(1))
                let touched = try await connection.query(
                    Statement("UPDATE zentriq.\(table) SET log_id = log_id WHERE tenant_id = $1 RETURNING 1"),
                    [.uuid(other.customer.tenant)])
                #expect(touched.isEmpty)
                await connection.rollback()
            }
            for role in [TestGateway.Role.projector, .auditor, .retention] {
                _ = try await gateway.connected(as: role) { connection in
                    await #expect(throws: PostgresError.self) {
                        // All of a row: the role of retention may wrap the keys anew, and sees no token.
                        _ = try await connection.query(Statement("SELECT to_jsonb(t) FROM zentriq.\(table) AS t"))
                    }
                }
            }
        }
    }
}

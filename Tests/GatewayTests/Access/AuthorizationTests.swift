import AuditLog
import CanonicalJSON
import Edge
import EventStore
import Foundation
import Gateway
import HTTPTypes
import Identity
import LogTesting
import Postgres
import PostgresTesting
import Testing

/// Who may stand at the door.
enum Visitor: String, CaseIterable, CustomTestStringConvertible {
    case nobody, garbage, forged, expired
    case user, userWithoutScope, userWithAuditScope, userOfTheOtherProduct, userOfAnUnknownClient
    case billing, auditor, agent, privacy
    case unknownApplication, applicationOfACustomer

    var testDescription: String { rawValue }

    func token(for customer: Customer, at gateway: TestGateway) async throws -> String? {
        let identity = gateway.identity
        func user(scopes: Set<String> = ["credits"], client: UUID = TestIdentity.extensionClient) async throws -> String
        {
            try await identity.user(of: customer.tenant, subject: customer.subject, scopes: scopes, client: client)
        }
        switch self {
        case .nobody: return nil
        case .garbage: return "garbage"
        case .forged: return try await user() + "AAAA"
        case .expired:
            return try await identity.issuer.userToken(
                tenant: customer.tenant, subject: customer.subject, scopes: ["credits"],
                client: TestIdentity.extensionClient, lifetimeSeconds: 1)
        case .user: return try await user()
        case .userWithoutScope: return try await user(scopes: ["profile", "credits.read"])
        case .userWithAuditScope: return try await user(scopes: ["audit"])
        case .userOfTheOtherProduct: return try await user(client: TestIdentity.agentClient)
        case .userOfAnUnknownClient: return try await user(client: UUID())
        case .billing, .auditor, .agent, .privacy: return try await identity.application(rawValue)
        case .unknownApplication: return try await identity.application("billing", client: UUID())
        case .applicationOfACustomer: return try await identity.application("billing", of: customer.tenant)
        }
    }

    /// What becomes of a request that is right; nil for success.
    func refusal(of endpoint: Endpoint) -> (status: Int, problem: String)? {
        let forbidden = (403, "forbidden")
        if Endpoint.personal.contains(endpoint) {
            switch self {
            case .user, .userWithoutScope, .userWithAuditScope, .userOfTheOtherProduct: return nil
            default: break
            }
        }
        if Endpoint.desk.contains(endpoint) {
            switch self {
            case .privacy: return nil
            case .user, .userWithAuditScope, .userOfTheOtherProduct, .billing, .auditor: return forbidden
            default: break
            }
        }
        switch self {
        case .nobody, .garbage, .forged, .expired: return (401, "unauthorized")
        case .userOfAnUnknownClient, .unknownApplication, .applicationOfACustomer: return forbidden
        case .userWithoutScope, .agent, .privacy: return forbidden
        case .user: return [.refund, .grant, .audit, .accesses].contains(endpoint) ? forbidden : nil
        case .userWithAuditScope: return [.audit, .accesses].contains(endpoint) ? nil : forbidden
        case .userOfTheOtherProduct:
            // A hold of the other product is none that this client could know.
            if endpoint == .void { return (409, "conflict") }
            if endpoint == .receipt { return (404, "not-found") }
            return [.refund, .grant, .audit, .accesses].contains(endpoint) ? forbidden : (403, "product-not-entitled")
        case .billing: return [.refund, .grant].contains(endpoint) ? nil : forbidden
        case .auditor: return (Endpoint.reads + [.receipt, .audit]).contains(endpoint) ? nil : forbidden
        }
    }
}

extension GatewayEntryTests {
    @Suite("Authorization", .gateway)
    struct AuthorizationTests {
        private let gateway: TestGateway

        init() throws {
            gateway = try TestGateway.shared
        }

        @Test("every route, every visitor", arguments: Endpoint.allCases, Visitor.allCases)
        func matrix(endpoint: Endpoint, visitor: Visitor) async throws {
            let customer = try await gateway.customer(credits: 10)
            var call = try await endpoint.call(for: customer, at: gateway)
            if visitor == .auditor, (Endpoint.reads + [.receipt]).contains(endpoint) {
                let path = "\(call.path)\(endpoint == .receipt ? "?" : "&")tenant_id=\(customer.id)"
                call = Endpoint.Call(method: call.method, path: path, body: nil, status: call.status)
            }
            let token = try await visitor.token(for: customer, at: gateway)
            // Longer than the tolerated skew.
            if visitor == .expired { gateway.clock.advance(seconds: 62) }
            let before = try await gateway.logSize()
            let answer = try await gateway.send(call, token: token)
            guard let refusal = visitor.refusal(of: endpoint) else {
                #expect(answer.status == call.status, "\(answer.text)")
                return
            }
            expect(answer, is: refusal.status, refusal.problem)
            #expect(try await gateway.logSize() == before)
            #expect((answer.headers[.wwwAuthenticate] != nil) == (refusal.status == 401))
        }

        @Test("no route that asks who is there is left out")
        func everyRoute() {
            let asking = gateway.contract.operations.filter { $0.operation["security"]?.arrayValue?.isEmpty != true }
            let tried = Endpoint.allCases.map(\.operationID) + TokenRoute.allCases.map(\.operationID)
            #expect(asking.compactMap { $0.operation["operationId"]?.stringValue }.sorted() == tried.sorted())
        }

        @Test("without credentials the challenge names no error; with bad ones it does")
        func challenge() async throws {
            let none = try await gateway.get("/v1/captures?product=punchout")
            #expect(none.headers[.wwwAuthenticate] == #"Bearer realm="zentriq""#)
            let basic = try await gateway.get(
                "/v1/captures?product=punchout", headers: [.authorization: "Basic dXNlcjpwYXNz"])
            expect(basic, is: 401, "unauthorized")
            #expect(basic.headers[.wwwAuthenticate] == #"Bearer realm="zentriq""#)
            let bad = try await gateway.get("/v1/captures?product=punchout", token: "garbage")
            #expect(bad.headers[.wwwAuthenticate] == #"Bearer realm="zentriq", error="invalid_token""#)
        }

        @Test(
            "the scheme may be written in any case, the token stands alone",
            arguments: [
                ("bearer ", "", 200), ("BEARER ", "", 200), ("Bearer  ", "", 401), ("Bearer ", " x", 401),
                ("Bearer ", ", Bearer x", 401), ("Bearer\t", "", 401), ("", "", 401), ("Token ", "", 401),
            ])
        func scheme(prefix: String, suffix: String, status: Int) async throws {
            let customer = try await gateway.customer()
            let answer = try await gateway.get(
                "/v1/captures?product=punchout", headers: [.authorization: prefix + customer.token + suffix])
            #expect(answer.status == status)
        }

        @Test("a token in the query or in a cookie is none")
        func otherPlaces() async throws {
            let customer = try await gateway.customer()
            let query = try await gateway.get("/v1/captures?product=punchout&access_token=\(customer.token)")
            expect(query, is: 401)
            let cookie = try await gateway.get(
                "/v1/captures?product=punchout", headers: [.cookie: "token=\(customer.token)"])
            expect(cookie, is: 401)
        }

        @Test("the first call of a person registers the tenant and the person, the next ones nothing")
        func registration() async throws {
            let tenant = UUID()
            let subject = UUID()
            let path = "/v1/credits/balance?product=punchout"
            let first = try await gateway.identity.user(of: tenant, subject: subject)
            let answer = try await gateway.expectAppended(2) { try await gateway.get(path, token: first) }
            #expect(answer["available"] == "0")
            _ = try await gateway.expectAppended(0) { try await gateway.get(path, token: first) }
            let second = try await gateway.identity.user(of: tenant)
            _ = try await gateway.expectAppended(1) { try await gateway.get(path, token: second) }
        }

        @Test("a person that calls fifty times at once for the first time is registered once")
        func parallelRegistration() async throws {
            let tenant = UUID()
            let path = "/v1/credits/balance?product=punchout"
            let token = try await gateway.identity.user(of: tenant)
            let answers = try await gateway.expectAppended(2) {
                try await gateway.parallel(50) { _ in try await gateway.get(path, token: token) }
            }
            #expect(answers.allSatisfy { $0.status == 200 })
            let people = try await gateway.connected(as: .superuser) { connection in
                try await connection.query(
                    "SELECT count(*) FROM zentriq.subjects WHERE tenant_id = $1", [.uuid(tenant)])
            }
            #expect(try people.only().int64(0) == 1)
        }

        @Test("an auditor's question is recorded, and registers nobody")
        func auditorRegistersNobody() async throws {
            let token = try await gateway.identity.application("auditor")
            let tenant = UUID().uuidString.lowercased()
            let answer = try await gateway.expectAppended(1) {
                try await gateway.get("/v1/credits/balance?product=punchout&tenant_id=\(tenant)", token: token)
            }
            #expect(answer.status == 200)
            #expect(answer["posted"] == "0")
        }

        @Test("a token that was good is refused once it has expired")
        func expiry() async throws {
            let customer = try await gateway.customer()
            let path = "/v1/captures?product=punchout"
            #expect(try await gateway.get(path, token: customer.token).status == 200)
            gateway.clock.advance(seconds: 3_600 + 61)
            expect(try await gateway.get(path, token: customer.token), is: 401, "unauthorized")
        }

        @Test("while the identity provider's keys can't be had, the answer is to come again")
        func noKeys() async throws {
            var options = TestGateway.Options()
            // A port that nobody listens on.
            options.keys = try RemoteKeys(
                url: "http://127.0.0.1:1/keys", clock: { WallClock.system.now().microseconds },
                logger: gateway.logs.logger)
            try await TestGateway.with(options) { gateway in
                let token = try await gateway.identity.user(of: UUID())
                let answer = try await gateway.expectAppended(0) {
                    try await gateway.get("/v1/captures?product=punchout", token: token)
                }
                expect(answer, is: 503, "unavailable")
                #expect(answer.headers[.retryAfter] == "5")
            }
        }

        @Test("an event names its person by a handle and its request by its identifier")
        func actor() async throws {
            let customer = try await gateway.customer(credits: 1)
            let request = UUID()
            let answer = try await gateway.post(
                "/v1/captures", gateway.capture(), token: customer.token,
                headers: [.requestID: request.uuidString])
            #expect(answer.headers[.requestID] == request.uuidString.lowercased())
            let rows = try await gateway.connected(as: .superuser) { connection in
                try await connection.query(
                    """
                    SELECT e.type, s.handle FROM zentriq.events e JOIN zentriq.subjects s ON s.handle = e.actor
                    WHERE e.request_id = $1 AND s.tenant_id = e.tenant_id ORDER BY e.position
                    """, [.uuid(request)])
            }
            #expect(try rows.map { try $0.string(0) } == ["credit.debited", "capture.recorded"])
            let platform = gateway.platform
            let handle = try await platform.subjects.knownHandle(of: customer.subject, in: TenantID(customer.tenant))
            #expect(try rows.allSatisfy { try $0.uuid(1) == handle?.rawValue })
            // Nothing in the database is the person's own identifier.
            #expect(handle?.rawValue != customer.subject)
        }
    }
}

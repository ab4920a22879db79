import CanonicalJSON
import EventStore
import Foundation
import HTTPTypes
import Identity
import Postgres
import PostgresTesting
import Testing

extension HTTPField.Name {
    static let onBehalfOf = HTTPField.Name("Zentriq-On-Behalf-Of")!
}

/// A person with a client of the agent, and the agent's own application.
struct Connected: Sendable {
    let customer: Customer
    /// The application's.
    let agent: String
    /// As the person gave it.
    let refreshToken: String
}

extension TestGateway {
    static let erp = "https://erp.example.com/user_impersonation"

    static func storing(_ token: String, scope: String = "\(erp) offline_access") -> JSONObject {
        ["refresh_token": .string(token), "scope": .string(scope)]
    }

    static func leasing(
        purpose: String = "answer_question", scope: String = erp, seconds: Int64 = 600
    ) -> JSONObject {
        ["purpose": .string(purpose), "scope": .string(scope), "ttl_seconds": .integer(seconds)]
    }

    /// A request of the agent on behalf of a customer's person.
    func onBehalf(
        _ customer: Customer, _ method: HTTPRequest.Method, _ path: String, _ body: JSONObject?, agent: String,
        headers: HTTPFields = [:], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        var headers = headers
        headers[.onBehalfOf] = "Bearer \(customer.token)"
        if body != nil { headers[.contentType] = "application/json" }
        return try await send(
            method, path, token: agent, bytes: body.map { JSONValue.object($0).canonicalBytes() }, headers: headers,
            sourceLocation: sourceLocation)
    }

    /// A person who has connected, of a tenant of their own if none is named.
    func connected(
        to provider: TestProvider, as tenant: UUID? = nil, scopes: Set<String> = [erp, "offline_access"]
    ) async throws -> Connected {
        let customer = try await customer(of: tenant ?? UUID(), client: TestIdentity.agentClient)
        let agent = try await identity.application("agent")
        let token = provider.grants.begin(tenant: customer.tenant, scopes: scopes)
        let body = Self.storing(token, scope: scopes.sorted().joined(separator: " "))
        let answer = try await onBehalf(customer, .put, "/v1/tokens", body, agent: agent)
        try #require(answer.status == 200, "\(answer.text)")
        return Connected(customer: customer, agent: agent, refreshToken: token)
    }

    func lease(
        _ person: Connected, _ body: JSONObject = leasing(), sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        try await onBehalf(
            person.customer, .post, "/v1/tokens/lease", body, agent: person.agent, sourceLocation: sourceLocation)
    }

    /// So that the answer of the identity provider before is shared no more.
    func forgetSharedAnswers() async throws {
        try await connected(as: .superuser) { connection in
            try await connection.script("UPDATE zentriq.vault_tokens SET answer = NULL, answered_at = NULL")
        }
    }

    /// What stands in the log of a tenant's tokens: types, and reasons of refusals.
    func tokenEvents(of customer: Customer) async throws -> [String] {
        try await connected(as: .superuser) { connection in
            try await connection.query(
                """
                SELECT type || coalesce(' ' || (data::jsonb ->> 'reason'), '') FROM zentriq.events
                WHERE tenant_id = $1 AND stream_id LIKE 'token-%' ORDER BY position
                """, [.uuid(customer.tenant)]
            ).map { try $0.string(0) }
        }
    }

    /// Of the row; nil if there is none.
    func generation(of customer: Customer) async throws -> Int64? {
        try await connected(as: .superuser) { connection in
            try await connection.query(
                "SELECT generation FROM zentriq.vault_tokens WHERE tenant_id = $1", [.uuid(customer.tenant)]
            ).first.map { try $0.int64(0) }
        }
    }

    func script(_ sql: String) async throws {
        try await connected(as: .superuser) { try await $0.script(sql) }
    }
}

extension PostgresConnection {
    /// Records of tokens whose row is not what the newest event tells of, or of which an event before it is missing.
    func contradictedTokens() async throws -> [String] {
        try await query(
            """
            SELECT t.record_id::text FROM zentriq.vault_tokens AS t
            WHERE t.generation <> (
                    SELECT count(*) FROM zentriq.events AS e
                    WHERE e.type IN ('token.stored', 'token.rotated')
                        AND (e.data::jsonb ->> 'record')::uuid = t.record_id)
                OR encode(sha256(t.envelope), 'base64') <> (
                    SELECT e.data::jsonb ->> 'envelope' FROM zentriq.events AS e
                    WHERE e.type IN ('token.stored', 'token.rotated')
                        AND (e.data::jsonb ->> 'record')::uuid = t.record_id
                    ORDER BY e.position DESC LIMIT 1)
            """
        ).map { try $0.string(0) }
    }
}

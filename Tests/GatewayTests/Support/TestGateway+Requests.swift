import CanonicalJSON
import Edge
import Foundation
import HTTPTypes
import Testing

/// An organisation with one person, as a test needs it.
struct Customer: Sendable {
    let tenant: UUID
    let subject: UUID
    let token: String

    /// As the interface writes it.
    var id: String { tenant.uuidString.lowercased() }
}

extension TestGateway {
    /// Sends a request, and expects that the answer is one that the published document tells of.
    func send(
        _ method: HTTPRequest.Method, _ path: String, token: String? = nil, bytes: [UInt8]? = nil,
        headers: HTTPFields = [:], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        var headers = headers
        if let token { headers[.authorization] = "Bearer \(token)" }
        let answer = try await transport(method, path, headers, bytes)
        let faults = contract.faults(of: answer, to: method, path)
        #expect(faults.isEmpty, "\(method) \(path) → \(answer.status) \(answer.text)", sourceLocation: sourceLocation)
        return answer
    }

    func get(
        _ path: String, token: String? = nil, headers: HTTPFields = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        try await send(.get, path, token: token, headers: headers, sourceLocation: sourceLocation)
    }

    /// - Parameter key: the idempotency key; a fresh one where none is given.
    func post(
        _ path: String, _ body: JSONObject?, token: String?, key: String = UUID().uuidString,
        headers: HTTPFields = [:], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        var headers = headers
        headers[.idempotencyKey] = key
        if body != nil { headers[.contentType] = "application/json" }
        return try await send(
            .post, path, token: token, bytes: body.map { JSONValue.object($0).canonicalBytes() }, headers: headers,
            sourceLocation: sourceLocation)
    }

    /// A new customer that has called once, so that it is registered, with so many credits for each product.
    func customer(
        of tenant: UUID = UUID(), credits: Int64 = 0, client: UUID = TestIdentity.extensionClient
    ) async throws -> Customer {
        let subject = UUID()
        let token = try await identity.user(of: tenant, subject: subject, client: client)
        let customer = Customer(tenant: tenant, subject: subject, token: token)
        let product = client == TestIdentity.agentClient ? "agent" : "punchout"
        let first = try await get("/v1/credits/balance?product=\(product)", token: token)
        try #require(first.status == 200)
        if credits > 0 {
            let granted = try await grant(Self.grant(to: customer, units: credits, product: product))
            try #require(granted.status == 201)
        }
        return customer
    }

    /// For a customer's person to read their tenant's events with.
    func auditToken(of customer: Customer) async throws -> String {
        try await identity.user(of: customer.tenant, subject: customer.subject, scopes: ["audit"])
    }

    func grant(_ body: JSONObject, key: String = UUID().uuidString) async throws -> Answer {
        try await post("/v1/grants", body, token: identity.application("billing"), key: key)
    }

    static func grant(to customer: Customer, units: Int64, product: String = "punchout") -> JSONObject {
        [
            "product": .string(product), "reference": .string("order-\(UUID().uuidString)"),
            "source": .string("purchase"), "tenant_id": .string(customer.id), "units": .integer(units),
        ]
    }

    /// A capture that is right, now.
    func capture(id: UUID = UUID(), product: String = "punchout", outcome: String = "success") -> JSONObject {
        [
            "capture_id": .string(id.uuidString.lowercased()), "captured_at": .string(clock.text()),
            "line_count": .integer(3), "outcome": .string(outcome), "product": .string(product),
            "vendor_host": .string("shop.example.com"),
        ]
    }

    /// The newest captures, once everything that is in the log now is in the projections.
    func settledCaptures(_ customer: Customer, product: String = "punchout") async throws -> Answer {
        try await projectionsCaughtUp()
        return try await get("/v1/captures?product=\(product)", token: customer.token)
    }

    func available(_ customer: Customer, product: String = "punchout") async throws -> String? {
        try await get("/v1/credits/balance?product=\(product)", token: customer.token)["available"]
    }

    /// A capture that was debited; its identifier.
    func debited(_ customer: Customer) async throws -> String {
        let answer = try await post("/v1/captures", capture(), token: customer.token)
        return try #require(answer["capture_id"])
    }

    /// A hold on one credit; its identifier.
    func held(_ customer: Customer, units: Int64 = 1, seconds: Int64 = 3_600) async throws -> String {
        let answer = try await post(
            "/v1/holds",
            ["product": .string("punchout"), "ttl_seconds": .integer(seconds), "units": .integer(units)],
            token: customer.token)
        return try #require(answer["hold_id"])
    }
}

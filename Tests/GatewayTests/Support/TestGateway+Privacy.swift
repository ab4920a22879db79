import CanonicalJSON
import Foundation
import Testing

extension TestGateway {
    /// The handle of a customer's person, as those find it who answer for people's data.
    func handle(of customer: Customer) async throws -> String {
        let object = customer.subject.uuidString.lowercased()
        let answer = try await get(
            "/v1/privacy/subjects?tenant_id=\(customer.id)&object_id=\(object)",
            token: identity.application("privacy"))
        return try #require(answer["subject"])
    }

    /// The members that name a customer's person.
    func reference(to customer: Customer) async throws -> JSONObject {
        ["subject": .string(try await handle(of: customer)), "tenant_id": .string(customer.id)]
    }

    /// A request that came by e-mail just now.
    func privacyRequest(of customer: Customer, kind: String = "access", ago seconds: Int64 = 0) async throws
        -> JSONObject
    {
        var body = try await reference(to: customer)
        body["channel"] = .string("email")
        body["kind"] = .string(kind)
        body["received_at"] = .string(clock.text(in: -seconds))
        return body
    }

    /// Such a request in the register; its identifier.
    func recorded(_ customer: Customer, kind: String = "access", ago seconds: Int64 = 0) async throws -> String {
        let body = try await privacyRequest(of: customer, kind: kind, ago: seconds)
        let answer = try await post("/v1/privacy/requests", body, token: identity.application("privacy"))
        return try #require(answer["request"])
    }
}

import AuditLog
import Billing
import CreditDomain
import Edge
import EventStore
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Sealing

/// An application that acts for a person, who has given it their own token along: both are verified, and what is done is
/// done for the person of that token, whatever a body says.
struct OnBehalfOf: Sendable {
    let agent: ActorHandle
    /// The person.
    let key: SubjectKey
    let products: Set<Product>

    var subject: DataSubject { DataSubject(key.owner, key.handle) }
}

extension Admission {
    /// The person for whom an application with the role `agent` comes.
    ///
    /// - Throws: 403 without the role, or if the second token is not a person's; 401 without one, or a bad one.
    func onBehalf(_ request: Request, _ admitted: Admitted) async throws -> OnBehalfOf {
        let agent = try admitted.caller.application(with: .agent)
        let principal = try await authenticator.principal(
            bearer: request.headers[.onBehalfOf],
            missing: "The header Zentriq-On-Behalf-Of must carry the user's token.",
            logger: admitted.logger)
        _ = try limiter.admit(tenant: principal.counted.uuidString)
        guard case .user(let key, _, let products, _) = try await authenticator.caller(principal) else {
            throw ProblemDetails(.forbidden, detail: "The header Zentriq-On-Behalf-Of must carry a user's token.")
        }
        return OnBehalfOf(agent: agent, key: key, products: products)
    }
}

extension HTTPField.Name {
    // Unwrapping cannot fail: the literal is a token of RFC 9110.
    static let onBehalfOf = HTTPField.Name("Zentriq-On-Behalf-Of")!
}

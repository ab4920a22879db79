import AuditLog
import Billing
import CreditDomain
import Edge
import EventStore
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Logging

/// Turns the bearer token of a request into its caller. The first call of a person registers them, and their tenant,
/// in the log.
struct Authenticator: Sendable {
    let verifier: TokenVerifier
    let configuration: IdentityConfiguration
    let people: KnownPeople

    /// Who the token speaks for. Nothing but the token is looked at, so that whoever is refused costs little.
    func principal(of request: Request, logger: Logger) async throws(ProblemDetails) -> Principal {
        try await principal(bearer: request.headers[.authorization], logger: logger)
    }

    /// The same of any header.
    func principal(
        bearer header: String?, missing: String? = nil, logger: Logger
    ) async throws(ProblemDetails) -> Principal {
        guard let header, header.prefix(7).lowercased() == "bearer " else {
            throw Self.unauthorized(nil, detail: missing)
        }
        let token = String(header.dropFirst(7))
        do throws(TokenError) {
            return if let cached = verifier.cached(token) { cached } else { try await verifier.verify(token) }
        } catch {
            logger.info("token refused", metadata: ["reason": "\(error)"])
            throw Self.problem(error)
        }
    }

    func caller(_ principal: Principal) async throws -> Caller {
        switch principal {
        case .user(let user):
            let products = Set(configuration.products(of: user.client).compactMap(Product.init(rawValue:)))
            return .user(
                try await people.key(of: user.object, in: TenantID(user.tenant)), scopes: user.scopes,
                products: products, authenticatedAt: user.authenticatedAt.map(EventTime.init(microseconds:)))
        case .application(let application):
            return .application(
                tenant: TenantID(application.tenant), actor: ActorHandle(application.object), roles: application.roles)
        }
    }

    private static func problem(_ error: TokenError) -> ProblemDetails {
        if error.isTemporary {
            return ProblemDetails(
                .unavailable, detail: "The identity provider's keys can't be had at present.",
                headers: [.retryAfter: "5"])
        }
        guard error.isAuthentication else {
            return ProblemDetails(.forbidden, detail: "The token is valid, but not for this service: \(error).")
        }
        return unauthorized("invalid_token", detail: "The token was refused: \(error).")
    }

    /// RFC 6750, section 3: without credentials the challenge carries no error.
    private static func unauthorized(_ error: String?, detail: String? = nil) -> ProblemDetails {
        let challenge = "Bearer realm=\"zentriq\"" + (error.map { ", error=\"\($0)\"" } ?? "")
        return ProblemDetails(.unauthorized, detail: detail, headers: [.wwwAuthenticate: challenge])
    }
}

extension Principal {
    /// Under what its requests are counted: users by tenant, applications each by themselves.
    var counted: UUID {
        switch self {
        case .user(let user): user.tenant
        case .application(let application): application.object
        }
    }
}

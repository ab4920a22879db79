package import AuditLog
import CanonicalJSON
import Edge
package import Foundation
import HTTPTypes
package import Hummingbird
package import Identity
import NIOCore

/// The token endpoint of the development identity provider, in the shape of Entra's. Only `zentriq dev`, which refuses
/// to be run in production mode, and tests add it to a router.
package struct DevelopmentProviderRoutes: Sendable {
    package static let clientSecret = "development"
    package static let path = "/development/{tenantid}/oauth2/v2.0/token"
    private static let lifetimeSeconds: Int64 = 3_600
    /// An application swaps a user's token for one of another service, and a refresh token with it.
    private static let onBehalfOf = "urn:ietf:params:oauth:grant-type:jwt-bearer"

    private let grants: DevelopmentGrants
    private let verifier: TokenVerifier
    private let client: String

    /// - Parameter client: the one that is known here.
    package init(grants: DevelopmentGrants, verifier: TokenVerifier, client: UUID) {
        self.grants = grants
        self.verifier = verifier
        self.client = client.uuidString.lowercased()
    }

    /// Where ``TokenVault`` finds it on this machine. Nil for a port that is none.
    package static func provider(port: Int, client: UUID) -> IdentityProvider? {
        TokenEndpoint("http://127.0.0.1:\(port)\(path)", development: true).map {
            IdentityProvider(
                endpoint: $0, client: client.uuidString.lowercased(), secret: SecretText(clientSecret))
        }
    }

    package func add<Context: RequestContext>(to router: Router<Context>) {
        router.post("development/{tenantid}/oauth2/v2.0/token") { request, context in
            try await token(request, tenant: context.parameters.get("tenantid").flatMap { UUID(uuidString: $0) })
        }
    }

    private func token(_ request: Request, tenant: UUID?) async throws -> Response {
        let form = try await FormBody.fields(of: request)
        guard let tenant else { return refusal("invalid_request") }
        guard form["client_id"] == client, form["client_secret"] == Self.clientSecret else {
            return refusal("invalid_client", .unauthorized)
        }
        let scopes = Set((form["scope"] ?? "").split(separator: " ").map(String.init))
        switch form["grant_type"] {
        case "refresh_token":
            switch grants.refresh(form["refresh_token"] ?? "", tenant: tenant, scopes: scopes) {
            case .success(let token): return answer(token, scopes)
            case .failure(let error): return refusal(error.rawValue)
            }
        case Self.onBehalfOf:
            guard case .user(let user)? = try? await verifier.verify(form["assertion"] ?? ""), user.tenant == tenant
            else {
                return refusal("invalid_grant")
            }
            return answer(grants.begin(tenant: tenant, scopes: scopes), scopes)
        default: return refusal("unsupported_grant_type")
        }
    }

    private func answer(_ refreshToken: String, _ scopes: Set<String>) -> Response {
        json(
            [
                "access_token": .string(DevelopmentGrants.accessToken()), "expires_in": .integer(Self.lifetimeSeconds),
                "refresh_token": .string(refreshToken), "scope": .string(scopes.sorted().joined(separator: " ")),
                "token_type": .string("Bearer"),
            ], .ok)
    }

    private func refusal(_ code: String, _ status: HTTPResponse.Status = .badRequest) -> Response {
        json(["error": .string(code)], status)
    }

    private func json(_ object: JSONObject, _ status: HTTPResponse.Status) -> Response {
        let bytes = JSONValue.object(object).canonicalBytes()
        return Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

package import Foundation
import Synchronization

/// Refresh tokens of the development identity provider: each works once, and brings its successor. The one before the
/// newest works as well, because an answer may have been lost; any older one has been stolen, and ends them all (RFC 9700,
/// section 4.14.2). In memory only: a restart ends them.
package final class DevelopmentGrants: Sendable {
    package enum Refusal: String, Error, Sendable {
        case invalidGrant = "invalid_grant"
        case invalidScope = "invalid_scope"
    }

    private struct Family {
        let tenant: UUID
        let scopes: Set<String>
        var newest: String
        var previous: String?
    }

    private struct State {
        var families: [String: Family] = [:]
        var refreshCount = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// How many tokens were renewed.
    package var refreshCount: Int { state.withLock { $0.refreshCount } }

    /// The first refresh token of a sign-in.
    package func begin(tenant: UUID, scopes: Set<String>) -> String {
        let family = UUID().uuidString.lowercased()
        let token = Self.token(of: family)
        state.withLock {
            $0.families[family] = Family(tenant: tenant, scopes: scopes, newest: token, previous: nil)
        }
        return token
    }

    /// The successor of a token.
    package func refresh(_ token: String, tenant: UUID, scopes: Set<String>) -> Result<String, Refusal> {
        let name = String(token.prefix { $0 != "." })
        return state.withLock { state in
            guard var family = state.families[name], family.tenant == tenant else { return .failure(.invalidGrant) }
            guard token == family.newest || token == family.previous else {
                state.families[name] = nil
                return .failure(.invalidGrant)
            }
            guard scopes.isSubset(of: family.scopes) else { return .failure(.invalidScope) }
            family.previous = token
            family.newest = Self.token(of: name)
            state.families[name] = family
            state.refreshCount += 1
            return .success(family.newest)
        }
    }

    /// An access token, which nothing here takes.
    package static func accessToken() -> String { "development-access." + random() }

    private static func token(of family: String) -> String { "\(family).\(random())" }

    private static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        return Base64URL.encode((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }
}

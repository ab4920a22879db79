package import Foundation

/// What an access token must say to be accepted.
package struct IdentityConfiguration: Sendable {
    /// Marks the place of the tenant in an issuer template.
    package static let tenantPlaceholder = "{tenantid}"
    package static let entraIssuerTemplate = "https://login.microsoftonline.com/{tenantid}/v2.0"
    package static let entraKeysURL = "https://login.microsoftonline.com/common/discovery/v2.0/keys"

    /// The accepted values of `aud`.
    package let audiences: Set<String>
    /// The only tenant whose applications count.
    package let operatorTenant: UUID
    /// The clients people may come through (`azp`), and the products each of them may use.
    package let clients: [UUID: Set<String>]
    /// The clients that may come as themselves: the operator's backends.
    package let applicationClients: Set<UUID>
    /// `iss`, with ``tenantPlaceholder`` where the token's own `tid` stands.
    package let issuerTemplate: String
    /// Where the issuer publishes its keys.
    package let keysURL: String
    /// At most ``IdentityLimits/clockSkewSeconds``.
    package let clockSkewSeconds: Int64
    /// At most this many verified tokens are remembered.
    package let maximumCachedTokens: Int

    package init(
        audiences: Set<String>,
        operatorTenant: UUID,
        clients: [UUID: Set<String>],
        applicationClients: Set<UUID>,
        issuerTemplate: String = Self.entraIssuerTemplate,
        keysURL: String = Self.entraKeysURL,
        clockSkewSeconds: Int64 = IdentityLimits.clockSkewSeconds,
        maximumCachedTokens: Int = IdentityLimits.cachedTokens
    ) {
        self.audiences = audiences
        self.operatorTenant = operatorTenant
        self.clients = clients
        self.applicationClients = applicationClients
        self.issuerTemplate = issuerTemplate
        self.keysURL = keysURL
        self.clockSkewSeconds = min(max(clockSkewSeconds, 0), IdentityLimits.clockSkewSeconds)
        self.maximumCachedTokens = max(maximumCachedTokens, 1)
    }

    /// The products a client may use; none if the client is unknown.
    package func products(of client: UUID) -> Set<String> {
        clients[client] ?? []
    }
}

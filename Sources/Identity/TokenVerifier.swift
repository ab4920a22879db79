import Crypto

/// Verifies Microsoft Entra ID v2 access tokens (RFC 7519 in RFC 7515 compact form, RS256 only).
///
/// The order is fixed: size, cache, form, algorithm, key, signature, and only then the claims. Members of the
/// header that would point at a key (`jku`, `x5u`, `jwk`, `x5c`) are never followed.
package struct TokenVerifier: Sendable {
    private let rules: ClaimRules
    private let keys: any KeySource
    private let cache: TokenCache
    private let clock: @Sendable () -> Int64

    /// - Parameter clock: microseconds since 1970, UTC.
    package init(
        configuration: IdentityConfiguration, keys: any KeySource, clock: @escaping @Sendable () -> Int64
    ) {
        self.rules = ClaimRules(configuration: configuration)
        self.keys = keys
        self.cache = TokenCache(capacity: configuration.maximumCachedTokens)
        self.clock = clock
    }

    /// The principal of a token verified before, if it has not expired and its key is still published.
    ///
    /// Never waits: the hot path of a request.
    package func cached(_ token: String) -> Principal? {
        guard token.utf8.count <= IdentityLimits.tokenBytes else { return nil }
        return cached(digest(of: token))
    }

    /// The principal a token speaks for.
    ///
    /// Waits only for keys, and only when the token's key is not at hand.
    package func verify(_ token: String) async throws(TokenError) -> Principal {
        guard token.utf8.count <= IdentityLimits.tokenBytes else { throw .malformed }
        let digest = digest(of: token)
        if let principal = cached(digest) { return principal }

        let compact = try CompactToken(token)
        let key = try await keys.key(compact.keyID)
        guard key.verifies(compact.signature, of: compact.signedBytes) else { throw .badSignature }

        let now = clock()
        let accepted = try rules.judge(compact.claims(), keyIssuer: key.issuer, at: now)
        cache.insert(
            TokenCache.Entry(
                principal: accepted.principal, keyID: compact.keyID, keyThumbprint: key.thumbprint,
                expiresAt: accepted.expiresAt),
            for: digest, at: now)
        return accepted.principal
    }

    /// How many verified tokens are remembered.
    package var cachedCount: Int { cache.count }

    private func cached(_ digest: SHA256Digest) -> Principal? {
        guard let entry = cache.entry(for: digest, at: clock()) else { return nil }
        guard keys.current[entry.keyID]?.thumbprint == entry.keyThumbprint else {
            cache.remove(digest)
            return nil
        }
        return entry.principal
    }

    private func digest(of token: String) -> SHA256Digest {
        var token = token
        return token.withUTF8 { SHA256.hash(data: UnsafeRawBufferPointer($0)) }
    }
}

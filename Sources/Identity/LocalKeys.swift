/// Keys given once: those of the development issuer.
package struct LocalKeys: KeySource {
    package let current: KeySet

    package init(jwks: String) async throws(KeySetError) {
        self.current = try await KeySet(jwks: Array(jwks.utf8))
    }

    package func key(_ keyID: String) async throws(TokenError) -> SigningKey {
        guard let key = current[keyID] else { throw .unknownKey }
        return key
    }
}

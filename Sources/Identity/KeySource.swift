/// Where the keys of the issuer come from.
package protocol KeySource: Sendable {
    /// The keys at hand now, without waiting.
    var current: KeySet { get }

    /// The key of that identifier, fetched if need be.
    ///
    /// - Throws: `unknownKey` if the issuer does not publish it, `keysUnavailable` if that cannot be known.
    func key(_ keyID: String) async throws(TokenError) -> SigningKey
}

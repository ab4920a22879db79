/// Every bound of this module, units last.
package enum IdentityLimits {
    /// The longest token looked at.
    package static let tokenBytes = 8 * 1_024
    /// The longest key identifier of a token header or a published key.
    package static let keyIDBytes = 256
    /// The largest tolerated difference between the issuer's clock and ours.
    package static let clockSkewSeconds: Int64 = 60
    /// The longest time between `nbf` and `exp`: Entra issues up to 28 hours, and starts up to an hour early.
    package static let tokenLifetimeSeconds: Int64 = 29 * 3_600
    /// Verified tokens remembered.
    package static let cachedTokens = 10_000

    /// The largest key set read.
    package static let keySetBytes = 256 * 1_024
    /// The most keys one set may hold.
    package static let keySetKeys = 64
    /// One fetch of the key set, from connecting to the last byte.
    package static let fetchTimeoutSeconds: Int64 = 5
    /// The age at which a key set is fetched again although nothing is missing from it.
    package static let keySetAgeSeconds: Int64 = 24 * 3_600
    /// The shortest time between two fetches while there are keys to go on with.
    package static let fetchSpacingSeconds: Int64 = 300
    /// The shortest time between two fetches while there is no key at all, and so nobody can be let in.
    package static let firstFetchSpacingSeconds: Int64 = 10

    /// Nesting of JSON in a token or key set.
    static let jsonDepth = 16
}

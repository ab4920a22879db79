/// Why there is no access token. Says nothing of any token.
package enum VaultError: Error, Sendable, Hashable {
    /// No identity provider is configured.
    case notConfigured
    case notStored
    /// The person has to connect anew.
    case consentRequired
    case scopeNotGranted
    /// - Parameter retryAfterSeconds: until the window ends.
    case quota(retryAfterSeconds: Int64)
    /// The person's data is stored, and not processed: on these grounds.
    case restricted([String])
    /// Another request is asking the identity provider for long, or it does not answer.
    case providerUnavailable
    /// The identity provider refuses what was asked for, or us.
    case providerRefused
    /// The row is not the one that the log tells of.
    case rowMismatch
}

package import CreditDomain
package import Foundation

/// That an access token was asked for, and not given.
package struct TokenRefusal: Sendable, Hashable {
    package enum Reason: String, Sendable, CaseIterable {
        /// The person's data is stored, and not processed.
        case restricted
        case notStored = "not_stored"
        /// Disconnected while the identity provider was asked.
        case disconnectedMeanwhile = "disconnected_meanwhile"
        /// A scope that was not granted when the person connected.
        case scopeNotGranted = "scope_not_granted"
        /// So many in so short a time that nobody is at the keyboard.
        case unusualRate = "unusual_rate"
        case personQuota = "person_quota"
        case tenantQuota = "tenant_quota"
        /// The identity provider has ended the token.
        case consentRequired = "consent_required"
        case providerUnavailable = "provider_unavailable"
        /// The identity provider refuses us, or what was asked for.
        case providerRefused = "provider_refused"
        /// The row is not the one that the newest event tells of.
        case rowMismatch = "row_mismatch"
    }

    package let product: Product
    package let purpose: LeasePurpose
    package let reason: Reason
    /// The application that asked.
    package let agent: UUID

    package init(product: Product, purpose: LeasePurpose, reason: Reason, agent: UUID) {
        self.product = product
        self.purpose = purpose
        self.reason = reason
        self.agent = agent
    }
}

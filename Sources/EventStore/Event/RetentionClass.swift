/// How long events of a kind are kept, and why. The value is the partition of the table of events.
package enum RetentionClass: String, Sendable, CaseIterable {
    /// Grants, debits, refunds, expiries, holds: seven years.
    case billing
    /// Capture metadata: twelve months.
    case capture
    /// Credit checks and use of the interface: 90 days.
    case usage
    /// Scrubbed error reports: 90 days.
    case error
    /// Access to tokens and by staff: 24 months.
    case access
    /// Tenants, subjects, memberships: until erased.
    case account
    /// Policies, sweeps, erasures, incidents: for ever, without personal data.
    case system
}

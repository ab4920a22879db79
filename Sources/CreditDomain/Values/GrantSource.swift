/// Where the credits of a grant come from.
public enum GrantSource: String, Sendable, CaseIterable {
    /// Bought once.
    case purchase
    /// Part of a running subscription.
    case subscription
    /// Given to win or keep a customer.
    case promotional
    /// Entered by staff.
    case manual
}

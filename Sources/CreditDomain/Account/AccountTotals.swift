/// What ever happened to the credits of an account, in sums.
///
/// `granted − debited + refunded − expired` is the account's balance, always.
public struct AccountTotals: Sendable, Hashable {
    /// Σ of all grants.
    public internal(set) var granted: Int64
    /// Σ of all debits, refunded since or not.
    public internal(set) var debited: Int64
    /// Σ of all refunds.
    public internal(set) var refunded: Int64
    /// Σ of what lapsed.
    public internal(set) var expired: Int64

    /// Nothing happened yet.
    public static let zero = AccountTotals(granted: 0, debited: 0, refunded: 0, expired: 0)

    /// The sums as a snapshot has them. Nothing is checked here, but when they become part of an ``AccountState``.
    public init(granted: Int64, debited: Int64, refunded: Int64, expired: Int64) {
        self.granted = granted
        self.debited = debited
        self.refunded = refunded
        self.expired = expired
    }
}

/// The name of a debit: the id of the capture (or of the agent's action) that it pays for.
///
/// An account state does not know its debits, so that it stays bounded: that one id is debited once only is for the
/// caller to ensure, who keeps one ``Debit`` for each id.
public struct DebitID: Sendable, Hashable, Comparable {
    /// The name; its length is limited by ``CreditLimits/identifierBytes``.
    public let rawValue: String

    /// Wraps a name.
    public init(_ rawValue: String) {
        self.rawValue = rawValue
    }

    public static func < (lhs: DebitID, rhs: DebitID) -> Bool {
        lhs.rawValue < rhs.rawValue
    }
}

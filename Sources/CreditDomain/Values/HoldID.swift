/// The name of a hold, chosen by who places it.
///
/// An account state knows open holds only, so that it stays bounded: that a name is not used again after its hold
/// ended is for the caller to ensure.
public struct HoldID: Sendable, Hashable, Comparable {
    /// The name; its length is limited by ``CreditLimits/identifierBytes``.
    public let rawValue: String

    /// Wraps a name.
    public init(_ rawValue: String) {
        self.rawValue = rawValue
    }

    public static func < (lhs: HoldID, rhs: HoldID) -> Bool {
        lhs.rawValue < rhs.rawValue
    }
}

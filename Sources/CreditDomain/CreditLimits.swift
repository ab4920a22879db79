/// The named limits of a credit account.
///
/// ``decide(_:_:now:)`` enforces them. ``evolve(_:_:)`` does not: they may be lowered one day, and what was decided
/// under the older ones must still replay.
public enum CreditLimits {
    /// Units in one command.
    public static let units: ClosedRange<Int64> = 1...maximumUnits
    /// The most units in one command.
    public static let maximumUnits: Int64 = 1_000_000_000
    /// How long a hold may stay open: a second to seven days.
    public static let timeToLiveSeconds: ClosedRange<Int64> = 1...604_800
    /// Grants an account may ever have.
    public static let maximumGrants = 10_000
    /// Holds an account may have open at once.
    public static let maximumOpenHolds = 1_000
    /// Length of a grant's reference, in UTF-8.
    public static let referenceBytes: ClosedRange<Int> = 1...255
    /// Length of a hold's or debit's name, in UTF-8.
    public static let identifierBytes: ClosedRange<Int> = 1...255
}

/// The facts of ``CreditEvent/granted(_:)``.
public struct Granted: Sendable, Hashable {
    /// The number the grant got: one more than the grant before.
    public let number: GrantNumber
    /// Where the credits come from.
    public let source: GrantSource
    /// What the grant stands for elsewhere; unique within the account.
    public let reference: String
    /// How many credits were given; at least 1.
    public let units: Credits
    /// The lower burns first.
    public let priority: UInt8
    /// From this instant the credits may be spent.
    public let effectiveAt: Timestamp
    /// From this instant they may not be spent any more; `nil` for never.
    public let expiresAt: Timestamp?

    /// The facts as stored.
    public init(
        number: GrantNumber, source: GrantSource, reference: String, units: Credits, priority: UInt8,
        effectiveAt: Timestamp, expiresAt: Timestamp?
    ) {
        self.number = number
        self.source = source
        self.reference = reference
        self.units = units
        self.priority = priority
        self.effectiveAt = effectiveAt
        self.expiresAt = expiresAt
    }
}

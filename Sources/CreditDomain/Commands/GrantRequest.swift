/// The arguments of ``CreditCommand/grant(_:)``.
public struct GrantRequest: Sendable, Hashable {
    /// The priority of a grant that asks for none.
    public static let defaultPriority: UInt8 = 100

    /// Where the credits come from.
    public let source: GrantSource
    /// What the grant stands for elsewhere; not used in the account before.
    public let reference: String
    /// How many credits to give.
    public let units: Credits
    /// The lower burns first.
    public let priority: UInt8
    /// From when the credits may be spent, in the past or in the future; `nil` for now.
    public let effectiveAt: Timestamp?
    /// From when they may not be spent any more, after now and after ``effectiveAt``; `nil` for never.
    public let expiresAt: Timestamp?

    /// Asks for a grant.
    public init(
        source: GrantSource, reference: String, units: Credits, priority: UInt8 = defaultPriority,
        effectiveAt: Timestamp? = nil, expiresAt: Timestamp? = nil
    ) {
        self.source = source
        self.reference = reference
        self.units = units
        self.priority = priority
        self.effectiveAt = effectiveAt
        self.expiresAt = expiresAt
    }
}

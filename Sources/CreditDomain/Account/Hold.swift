/// Credits set aside for a debit to come.
///
/// A hold is a guarantee: what it reserves stays reserved until it ends, even when a grant behind it expires meanwhile.
/// It ends exactly once: voided, captured by a debit, or expired.
public struct Hold: Sendable, Hashable {
    /// The name it was placed under.
    public let id: HoldID
    /// How many credits it reserves; at least 1.
    public let units: Credits
    /// The grants that back it, in burn order; their units sum to ``units``.
    public let allocations: [Allocation]
    /// From this instant the hold reserves nothing.
    public let expiresAt: Timestamp

    /// A hold as it was placed, or as a snapshot has it. Nothing is checked here, but when it becomes part of an
    /// ``AccountState``.
    public init(id: HoldID, units: Credits, allocations: [Allocation], expiresAt: Timestamp) {
        self.id = id
        self.units = units
        self.allocations = allocations
        self.expiresAt = expiresAt
    }

    /// Whether the hold still reserves at `time`, if nothing ended it before.
    public func isLive(at time: Timestamp) -> Bool {
        time < expiresAt
    }
}

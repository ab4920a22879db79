/// The facts of ``CreditEvent/held(_:)``.
public struct HoldPlaced: Sendable, Hashable {
    /// The hold's name.
    public let hold: HoldID
    /// How many credits it reserves; at least 1.
    public let units: Credits
    /// The grants that back it, in burn order; their units sum to ``units``.
    public let allocations: [Allocation]
    /// When it ends by itself.
    public let expiresAt: Timestamp

    /// The facts as stored.
    public init(hold: HoldID, units: Credits, allocations: [Allocation], expiresAt: Timestamp) {
        self.hold = hold
        self.units = units
        self.allocations = allocations
        self.expiresAt = expiresAt
    }
}

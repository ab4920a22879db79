/// The facts of ``CreditEvent/refunded(_:)``: the same units and allocations as the debit had.
public struct Refunded: Sendable, Hashable {
    /// The debit that was undone.
    public let debit: DebitID
    /// How many credits went back; at least 1.
    public let units: Credits
    /// The grants they went back to, in burn order; their units sum to ``units``.
    public let allocations: [Allocation]

    /// The facts as stored.
    public init(debit: DebitID, units: Credits, allocations: [Allocation]) {
        self.debit = debit
        self.units = units
        self.allocations = allocations
    }
}

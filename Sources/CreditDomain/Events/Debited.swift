/// The facts of ``CreditEvent/debited(_:)``.
public struct Debited: Sendable, Hashable {
    /// What was paid for.
    public let debit: DebitID
    /// How many credits it took; at least 1.
    public let units: Credits
    /// The grants that paid, in burn order; their units sum to ``units``. Of a hold, its first allocations.
    public let allocations: [Allocation]
    /// The hold that was captured, if one was.
    public let hold: HoldID?

    /// The facts as stored.
    public init(debit: DebitID, units: Credits, allocations: [Allocation], hold: HoldID?) {
        self.debit = debit
        self.units = units
        self.allocations = allocations
        self.hold = hold
    }
}

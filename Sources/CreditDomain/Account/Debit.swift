/// One debit and whether it was refunded: a small aggregate of its own.
///
/// It is kept outside of ``AccountState`` because the debits of an account are unbounded. Refunding one needs both.
public struct Debit: Sendable, Equatable {
    /// What was paid for.
    public let id: DebitID
    /// How many credits it took; at least 1.
    public let units: Credits
    /// The grants that paid, in burn order; their units sum to ``units``.
    public let allocations: [Allocation]
    /// Whether the credits went back. That happens once at most, and for all of them.
    public let isRefunded: Bool

    /// A debit as it was stored.
    public init(id: DebitID, units: Credits, allocations: [Allocation], isRefunded: Bool) {
        self.id = id
        self.units = units
        self.allocations = allocations
        self.isRefunded = isRefunded
    }

    /// Folds an event into the debit it concerns; `nil` is the debit that does not exist yet.
    ///
    /// Events other than ``CreditEvent/debited(_:)`` and ``CreditEvent/refunded(_:)`` change nothing. Throws
    /// ``CreditError/impossibleEvent(_:)``, and leaves `debit` as it was, for a second debit, for a refund of what was
    /// not debited or not so, and for a second refund.
    public static func evolve(_ debit: inout Debit?, _ event: CreditEvent) throws(CreditError) {
        switch event {
        case .debited(let debited):
            guard debit == nil else { throw .impossibleEvent("a debit happens once") }
            debit = Debit(
                id: debited.debit, units: debited.units, allocations: debited.allocations, isRefunded: false)
        case .refunded(let refunded):
            guard let paid = debit else { throw .impossibleEvent("a refund follows its debit") }
            guard !paid.isRefunded else { throw .impossibleEvent("a refund happens once") }
            guard paid.id == refunded.debit, paid.units == refunded.units, paid.allocations == refunded.allocations
            else { throw .impossibleEvent("a refund gives back what its debit took") }
            debit = Debit(id: paid.id, units: paid.units, allocations: paid.allocations, isRefunded: true)
        case .granted, .held, .holdVoided, .holdExpired, .grantExpired, .checked:
            break
        }
    }
}

/// A part of a hold, debit or refund: so many units of one grant.
///
/// A list of allocations is always in burn order, and names a grant once at most.
public struct Allocation: Sendable, Hashable {
    /// The grant the units belong to.
    public let grant: GrantNumber
    /// How many of its units; at least 1.
    public let units: Credits

    /// Allocates `units` of `grant`.
    public init(grant: GrantNumber, units: Credits) {
        self.grant = grant
        self.units = units
    }
}

extension Array where Element == Allocation {
    /// Divides the list where `units` are reached: what is taken, and what is left over.
    func split(after units: Credits) -> (taken: [Allocation], rest: [Allocation]) {
        var taken: [Allocation] = []
        var rest: [Allocation] = []
        var missing = units
        for allocation in self {
            let part = Swift.min(allocation.units, missing)
            missing -= part
            if part > .zero {
                taken.append(Allocation(grant: allocation.grant, units: part))
            }
            if part < allocation.units {
                rest.append(Allocation(grant: allocation.grant, units: allocation.units - part))
            }
        }
        return (taken, rest)
    }
}

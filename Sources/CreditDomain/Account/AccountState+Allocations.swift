/// How units are spread over grants, and whether a given spread is a possible one.
extension AccountState {
    /// Takes `units` in burn order from what is unreserved and spendable at `time`.
    ///
    /// The state must be settled at `time`: a hold whose time has passed still reserves here. Throws
    /// ``CreditError/insufficientCredits(available:)``.
    func allocate(_ units: Credits, at time: Timestamp) throws(CreditError) -> [Allocation] {
        var allocations: [Allocation] = []
        var missing = units
        for key in openGrants.keys {
            guard grants[key.number.index].isSpendable(at: time) else { continue }
            let part = min(grants[key.number.index].unreserved, missing)
            guard part > .zero else { continue }
            allocations.append(Allocation(grant: key.number, units: part))
            missing -= part
            if missing == .zero { return allocations }
        }
        throw .insufficientCredits(available: units - missing)
    }

    /// Whether the allocations sum to `units`, are in burn order (which also means that no grant comes twice), and each
    /// is within the `room` its grant has.
    func areSound(_ allocations: [Allocation], of units: Credits, within room: (Grant) -> Credits) -> Bool {
        var sum = Credits.zero
        var previous: BurnKey?
        for allocation in allocations {
            guard let index = index(of: allocation.grant) else { return false }
            let key = grants[index].burnKey
            if let previous, key <= previous { return false }
            previous = key
            guard allocation.units > .zero, allocation.units <= room(grants[index]) else { return false }
            sum += allocation.units  // fits: no room is more than its grant's units, and each grant comes once
        }
        return units > .zero && sum == units
    }

    /// Whether a debit of these allocations could be refunded: each grant has been debited so much more than refunded.
    func areRefundable(_ allocations: [Allocation], of units: Credits) -> Bool {
        areSound(allocations, of: units) { $0.debited - $0.refunded }
    }

    /// Changes each allocation's grant, and keeps the open grants in step. The grants must exist.
    mutating func update(_ allocations: [Allocation], _ change: (inout Grant, Credits) -> Void) {
        for allocation in allocations {
            let index = allocation.grant.index
            let wasOpen = grants[index].remaining > .zero
            change(&grants[index], allocation.units)
            let isOpen = grants[index].remaining > .zero
            if wasOpen, !isOpen { openGrants.remove(grants[index].burnKey) }
            if !wasOpen, isOpen { openGrants.insert(grants[index].burnKey) }
        }
    }
}

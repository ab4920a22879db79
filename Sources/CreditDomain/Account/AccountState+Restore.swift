extension AccountState {
    /// Restores a snapshot.
    ///
    /// The order of `holds` does not matter, that of `grants` is by number. Throws ``CreditError/corruptState(_:)`` if
    /// an invariant of the type does not hold: a snapshot is never trusted further than it can be checked.
    public init(grants: [Grant], holds: [Hold], totals: AccountTotals) throws(CreditError) {
        self.init()
        for grant in grants {
            try restore(grant)
        }
        for hold in holds {
            try restore(hold)
        }
        guard self.totals == totals else { throw .corruptState("the totals are the sums over the grants") }
    }

    private mutating func restore(_ grant: Grant) throws(CreditError) {
        guard Int(grant.number.rawValue) == grants.count + 1 else {
            throw .corruptState("grants are numbered from 1 without gaps")
        }
        guard grant.hasSoundTerms else { throw .corruptState("a grant has units, a reference and a period") }
        guard grant.hasSoundAmounts else { throw .corruptState("a grant's units are accounted for") }
        guard references.insert(grant.reference).inserted else { throw .corruptState("references differ") }
        guard let sums = totals.adding(grant) else { throw .corruptState("totals fit") }
        totals = sums
        var unreserved = grant
        unreserved.reserved = .zero
        grants.append(unreserved)
        if grant.remaining > .zero { openGrants.insert(grant.burnKey) }
    }

    private mutating func restore(_ hold: Hold) throws(CreditError) {
        guard holdsByID[hold.id] == nil else { throw .corruptState("hold ids differ") }
        guard areSound(hold.allocations, of: hold.units, within: \.unreserved) else {
            throw .corruptState("holds reserve what remains")
        }
        holdsByID[hold.id] = hold
        update(hold.allocations) { $0.reserved += $1 }
    }
}

extension Grant {
    /// Whether units, reference and period can be those of a grant.
    var hasSoundTerms: Bool {
        let hasPeriod = expiresAt.map { effectiveAt < $0 } ?? true
        return units > .zero && !reference.isEmpty && hasPeriod
    }

    /// Whether `units = remaining + debited − refunded + expired` with all parts possible.
    fileprivate var hasSoundAmounts: Bool {
        guard remaining >= .zero, refunded >= .zero, debited >= refunded, expired >= .zero else { return false }
        guard expired == .zero || expiresAt != nil else { return false }
        // No difference overflows: each is of non-negative amounts, and checked before the next is taken from it.
        let spent = debited - refunded
        return spent <= units && units - spent - remaining == expired
    }
}

extension AccountTotals {
    /// The sums with one more grant; `nil` if one does not fit.
    fileprivate func adding(_ grant: Grant) -> AccountTotals? {
        let granted = granted.addingReportingOverflow(grant.units.rawValue)
        let debited = debited.addingReportingOverflow(grant.debited.rawValue)
        let refunded = refunded.addingReportingOverflow(grant.refunded.rawValue)
        let expired = expired.addingReportingOverflow(grant.expired.rawValue)
        guard !granted.overflow, !debited.overflow, !refunded.overflow, !expired.overflow else { return nil }
        return AccountTotals(
            granted: granted.partialValue, debited: debited.partialValue, refunded: refunded.partialValue,
            expired: expired.partialValue)
    }
}

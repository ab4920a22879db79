/// Folds one event into the state of its account.
///
/// The same function serves a live decision, a replay and an audit. It accepts every event that ``decide(_:_:now:)``
/// could have emitted in this state, and refuses with ``CreditError/impossibleEvent(_:)``, leaving the state as it was,
/// an event that breaks an invariant: a log that was tampered with stops a replay and never crashes it. An event does
/// not carry the time it happened, so what only the time could tell (whether a hold's time had passed) is not checked.
public func evolve(_ state: inout AccountState, _ event: CreditEvent) throws(CreditError) {
    switch event {
    case .granted(let granted): try state.apply(granted)
    case .held(let placed): try state.apply(placed)
    case .holdVoided(let id), .holdExpired(let id): try state.endHold(id)
    case .debited(let debited): try state.apply(debited)
    case .refunded(let refunded): try state.apply(refunded)
    case .grantExpired(let number, let units): try state.expireGrant(number, units)
    case .checked(let checked):
        guard checked.isSound else { throw .impossibleEvent("a check's answer follows from its amounts") }
    }
}

/// Each function checks everything before it changes anything.
extension AccountState {
    fileprivate mutating func apply(_ granted: Granted) throws(CreditError) {
        let grant = Grant(granted)
        guard grant.number.index == grants.count else {
            throw .impossibleEvent("grants are numbered from 1 without gaps")
        }
        guard grant.hasSoundTerms else { throw .impossibleEvent("a grant has units, a reference and a period") }
        guard !references.contains(grant.reference) else { throw .impossibleEvent("references differ") }
        let (sum, overflow) = totals.granted.addingReportingOverflow(grant.units.rawValue)
        guard !overflow else { throw .impossibleEvent("totals fit") }

        totals.granted = sum
        references.insert(grant.reference)
        openGrants.insert(grant.burnKey)
        grants.append(grant)
    }

    fileprivate mutating func apply(_ placed: HoldPlaced) throws(CreditError) {
        guard holdsByID[placed.hold] == nil else { throw .impossibleEvent("the ids of open holds differ") }
        guard areSound(placed.allocations, of: placed.units, within: \.unreserved) else {
            throw .impossibleEvent("a hold reserves what remains unreserved")
        }
        holdsByID[placed.hold] = Hold(
            id: placed.hold, units: placed.units, allocations: placed.allocations, expiresAt: placed.expiresAt)
        update(placed.allocations) { $0.reserved += $1 }
    }

    fileprivate mutating func endHold(_ id: HoldID) throws(CreditError) {
        guard let hold = holdsByID.removeValue(forKey: id) else {
            throw .impossibleEvent("a hold that ends is open")
        }
        update(hold.allocations) { $0.reserved -= $1 }
    }

    fileprivate mutating func apply(_ debited: Debited) throws(CreditError) {
        let (sum, overflow) = totals.debited.addingReportingOverflow(debited.units.rawValue)
        guard !overflow else { throw .impossibleEvent("totals fit") }
        if let id = debited.hold {
            guard let hold = holdsByID[id] else { throw .impossibleEvent("a captured hold is open") }
            guard debited.units > .zero, debited.units <= hold.units,
                debited.allocations == hold.allocations.split(after: debited.units).taken
            else { throw .impossibleEvent("a capture takes a hold's first allocations") }
            holdsByID[id] = nil
            update(hold.allocations) { $0.reserved -= $1 }
        } else {
            guard areSound(debited.allocations, of: debited.units, within: \.unreserved) else {
                throw .impossibleEvent("a debit takes what remains unreserved")
            }
        }
        totals.debited = sum
        update(debited.allocations) { grant, units in
            grant.remaining -= units
            grant.debited += units
        }
    }

    fileprivate mutating func apply(_ refunded: Refunded) throws(CreditError) {
        guard areRefundable(refunded.allocations, of: refunded.units) else {
            throw .impossibleEvent("a refund gives back what was debited and not refunded")
        }
        // Neither sum overflows: what is refunded is at most what was debited.
        totals.refunded += refunded.units.rawValue
        update(refunded.allocations) { grant, units in
            grant.remaining += units
            grant.refunded += units
        }
    }

    fileprivate mutating func expireGrant(_ number: GrantNumber, _ units: Credits) throws(CreditError) {
        guard let grant = grant(number), grant.expiresAt != nil, units > .zero, units == grant.unreserved else {
            throw .impossibleEvent("all that is unreserved of a grant with an expiry lapses")
        }
        // No sum overflows: what lapses was granted, and lapses once.
        totals.expired += units.rawValue
        update([Allocation(grant: number, units: units)]) { grant, units in
            grant.remaining -= units
            grant.expired += units
        }
    }
}

/// Decides a command: the events that are to happen, in order, or the reason why nothing happens.
///
/// The same command, state and time always give the same events; no clock is read. What time has made due is recorded
/// first (holds whose time to live passed, then what lapsed with its grant), and the command is decided on what is
/// left. A refused command throws and records nothing, not even that; the next command, or ``CreditCommand/settle``,
/// will.
///
/// The events fold into `state` one after another with ``evolve(_:_:)``.
public func decide(
    _ command: CreditCommand, _ state: AccountState, now: Timestamp
) throws(CreditError) -> [CreditEvent] {
    let due = state.due(at: now)
    if due.isEmpty {
        return try state.decideSettled(command, now)
    }
    var settled = state
    for event in due {
        try evolve(&settled, event)
    }
    return due + (try settled.decideSettled(command, now))
}

extension AccountState {
    fileprivate func decideSettled(_ command: CreditCommand, _ now: Timestamp) throws(CreditError) -> [CreditEvent] {
        switch command {
        case .check(let units): [.checked(try check(units, now))]
        case .hold(let id, let units, let seconds): [.held(try placeHold(id, units, seconds, now))]
        case .voidHold(let id): try voidHold(id, now)
        case .debit(let id, let units, .some(let hold)): try capture(id, units, hold, now)
        case .debit(let id, let units, .none): [.debited(try debit(id, units, now))]
        case .refund(let debit): try refund(debit, now)
        case .grant(let request): [.granted(try grant(request, now))]
        case .settle: []
        }
    }

    private func check(_ units: Credits, _ now: Timestamp) throws(CreditError) -> Checked {
        try requireInRange(units)
        let available = available(at: now)
        let allowed = units <= available
        return Checked(
            units: units, allowed: allowed, available: available, held: held(at: now),
            reason: allowed ? nil : .insufficientCredits)
    }

    private func placeHold(
        _ id: HoldID, _ units: Credits, _ seconds: Int64, _ now: Timestamp
    ) throws(CreditError) -> HoldPlaced {
        try requireIdentifier(id.rawValue)
        try requireInRange(units)
        guard CreditLimits.timeToLiveSeconds.contains(seconds) else { throw .timeToLiveOutOfRange }
        guard hold(id) == nil else { throw .holdExists }
        guard holdCount < CreditLimits.maximumOpenHolds else { throw .tooManyHolds }
        return HoldPlaced(
            hold: id, units: units, allocations: try allocate(units, at: now),
            expiresAt: try now.adding(seconds: seconds))
    }

    private func voidHold(_ id: HoldID, _ now: Timestamp) throws(CreditError) -> [CreditEvent] {
        guard let hold = hold(id) else { throw .unknownHold }
        return [.holdVoided(id)] + lapsed(hold.allocations, at: now)
    }

    private func debit(_ id: DebitID, _ units: Credits, _ now: Timestamp) throws(CreditError) -> Debited {
        try requireDebitable(id, units)
        return Debited(debit: id, units: units, allocations: try allocate(units, at: now), hold: nil)
    }

    private func capture(
        _ id: DebitID, _ units: Credits, _ holdID: HoldID, _ now: Timestamp
    ) throws(CreditError) -> [CreditEvent] {
        try requireDebitable(id, units)
        guard let hold = hold(holdID) else { throw .unknownHold }
        guard units <= hold.units else { throw .holdTooSmall }
        let (taken, released) = hold.allocations.split(after: units)
        let debited = Debited(debit: id, units: units, allocations: taken, hold: holdID)
        return [.debited(debited)] + lapsed(released, at: now)
    }

    private func refund(_ debit: Debit, _ now: Timestamp) throws(CreditError) -> [CreditEvent] {
        guard !debit.isRefunded else { throw .alreadyRefunded }
        guard areRefundable(debit.allocations, of: debit.units) else { throw .unknownDebit }
        let refunded = Refunded(debit: debit.id, units: debit.units, allocations: debit.allocations)
        return [.refunded(refunded)] + lapsed(debit.allocations, at: now)
    }

    private func grant(_ request: GrantRequest, _ now: Timestamp) throws(CreditError) -> Granted {
        try requireInRange(request.units)
        guard CreditLimits.referenceBytes.contains(request.reference.utf8.count) else {
            throw .referenceLengthOutOfRange
        }
        let effectiveAt = request.effectiveAt ?? now
        if let expiresAt = request.expiresAt {
            guard now < expiresAt else { throw .expiryNotInFuture }
            guard effectiveAt < expiresAt else { throw .expiryBeforeEffective }
        }
        guard !references.contains(request.reference) else { throw .duplicateReference }
        guard grants.count < CreditLimits.maximumGrants else { throw .tooManyGrants }
        guard !totals.granted.addingReportingOverflow(request.units.rawValue).overflow else { throw .overflow }
        return Granted(
            number: GrantNumber(UInt32(grants.count + 1)), source: request.source, reference: request.reference,
            units: request.units, priority: request.priority, effectiveAt: effectiveAt, expiresAt: request.expiresAt)
    }

    private func requireInRange(_ units: Credits) throws(CreditError) {
        guard CreditLimits.units.contains(units.rawValue) else { throw .unitsOutOfRange }
    }

    private func requireIdentifier(_ id: String) throws(CreditError) {
        guard CreditLimits.identifierBytes.contains(id.utf8.count) else { throw .identifierLengthOutOfRange }
    }

    private func requireDebitable(_ id: DebitID, _ units: Credits) throws(CreditError) {
        try requireIdentifier(id.rawValue)
        try requireInRange(units)
        guard !totals.debited.addingReportingOverflow(units.rawValue).overflow else { throw .overflow }
    }
}

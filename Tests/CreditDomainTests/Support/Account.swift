import CreditDomain

/// An account as a caller keeps it: the state, the debits beside it, and the whole history.
struct Account {
    private(set) var state = AccountState()
    private(set) var history: [CreditEvent] = []
    private(set) var debits: [DebitID: Debit] = [:]

    /// Decides a command and folds what it emits.
    @discardableResult
    mutating func run(_ command: CreditCommand, at now: Timestamp = .start) throws(CreditError) -> [CreditEvent] {
        let events = try decide(command, state, now: now)
        for event in events {
            try fold(event)
        }
        return events
    }

    /// Gives credits, and names the grant by its number.
    @discardableResult
    mutating func grant(
        _ units: Credits, priority: UInt8 = 100, effective: Timestamp? = nil, expires: Timestamp? = nil,
        at now: Timestamp = .start
    ) throws(CreditError) -> GrantNumber {
        let request = GrantRequest(
            source: .purchase, reference: "invoice-\(state.grants.count + 1)", units: units, priority: priority,
            effectiveAt: effective, expiresAt: expires)
        try run(.grant(request), at: now)
        return GrantNumber(UInt32(state.grants.count))
    }

    @discardableResult
    mutating func hold(
        _ id: HoldID, _ units: Credits, seconds: Int64 = 60, at now: Timestamp = .start
    ) throws(CreditError) -> [CreditEvent] {
        try run(.hold(id: id, units: units, timeToLiveSeconds: seconds), at: now)
    }

    @discardableResult
    mutating func debit(
        _ id: DebitID, _ units: Credits, hold: HoldID? = nil, at now: Timestamp = .start
    ) throws(CreditError) -> [CreditEvent] {
        try run(.debit(id: id, units: units, hold: hold), at: now)
    }

    @discardableResult
    mutating func refund(_ id: DebitID, at now: Timestamp = .start) throws(CreditError) -> [CreditEvent] {
        guard let debit = debits[id] else { throw .unknownDebit }
        return try run(.refund(debit), at: now)
    }

    private mutating func fold(_ event: CreditEvent) throws(CreditError) {
        try evolve(&state, event)
        history.append(event)
        switch event {
        case .debited(let debited): try Debit.evolve(&debits[debited.debit], event)
        case .refunded(let refunded): try Debit.evolve(&debits[refunded.debit], event)
        default: break
        }
    }
}

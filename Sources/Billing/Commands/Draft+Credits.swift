import CreditDomain
import EventStore

extension Draft<AccountState> {
    /// Decides a command of the domain on an account, applies what it decided, and appends it. Returns the events with
    /// their positions.
    @discardableResult
    mutating func decide(
        _ command: CreditCommand, on product: Product
    ) throws(CreditError) -> [(event: CreditEvent, position: LogPosition)] {
        let account = Streams.account(product)
        var state = state(of: account)
        let events = try CreditDomain.decide(command, state, now: timestamp)
        for event in events { try evolve(&state, event) }
        setState(state, of: account)
        return events.map { event in
            let new = event.newEvent
            return (event, append(new, to: new.type == EventCatalog.checked ? Streams.usage(product) : account))
        }
    }

    var timestamp: Timestamp { Timestamp(microseconds: now.microseconds) }

    /// What the account may spend, after what the command did.
    func available(_ product: Product) -> Credits {
        state(of: Streams.account(product)).available(at: timestamp)
    }

    /// The first event of a tenant says that it is one.
    mutating func registerTenantIfNew() {
        guard version(of: Streams.tenant) == .none else { return }
        append(NewEvent(EventCatalog.tenantRegistered, data: Array("{}".utf8)), to: Streams.tenant)
    }
}

extension [(event: CreditEvent, position: LogPosition)] {
    /// The position of the event that a command was about; what became due before it comes first.
    func position(where matches: (CreditEvent) -> Bool) -> LogPosition {
        guard let found = last(where: { matches($0.event) }) else {
            preconditionFailure("the domain decided something else than it was asked for")
        }
        return found.position
    }
}

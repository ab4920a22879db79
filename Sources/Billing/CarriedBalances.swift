package import CreditDomain
package import EventStore

/// The balances that were carried forward, and their making: what stands in for the events of accounts that are gone.
package struct CarriedBalances: Sendable {
    private var balances: [StreamKey: [CarriedBalance]] = [:]

    package init() {}

    /// - Parameter events: those of ``EventCatalog/carried``.
    package init(_ events: [RecordedEvent]) throws {
        for event in events { try take(event) }
    }

    package mutating func take(_ event: RecordedEvent) throws {
        guard case .carried(let balance) = try DomainEvent(event) else { return }
        take(balance, in: event.stream)
    }

    package mutating func take(_ balance: CarriedBalance, in stream: StreamKey) {
        guard let account = Self.account(of: stream) else { return }
        balances[account, default: []].append(balance)
    }

    /// The account as it was before that version. Nil if that was not carried forward.
    package func balance(of account: StreamKey, before version: StreamVersion) -> CarriedBalance? {
        balances[account]?.last { $0.version.next == version }
    }

    /// The newest state of every account.
    package var newest: [StreamKey: AccountState] {
        balances.compactMapValues { $0.max { $0.version < $1.version }?.state }
    }

    /// The newest of an account.
    package func newest(of account: StreamKey) -> CarriedBalance? {
        balances[account]?.max { $0.version < $1.version }
    }

    /// What has to be carried forward when these events go, an event for each account that has any among them.
    ///
    /// - Parameter events: in the order of the log; an account's are its oldest.
    package func carrying(_ events: [RecordedEvent]) throws -> [(StreamKey, NewEvent)] {
        var made: [StreamKey: CarriedBalance] = [:]
        var order: [StreamKey] = []
        for event in events where Streams.product(ofAccount: event.stream.stream) != nil {
            if made[event.stream] == nil { order.append(event.stream) }
            let base = made[event.stream] ?? newest(of: event.stream)
            var state = base?.state ?? AccountState()
            guard event.version == (base?.version ?? .none).next, case .credit(let credit) = try DomainEvent(event)
            else {
                throw LogError.corrupt(
                    "position \(event.position.rawValue): the account's events before it can't be carried forward")
            }
            try evolve(&state, credit)
            made[event.stream] = CarriedBalance(version: event.version, through: event.position, state: state)
        }
        return order.compactMap { account in
            guard let product = Streams.product(ofAccount: account.stream), let balance = made[account] else {
                return nil
            }
            return (StreamKey(account.tenant, Streams.carry(product)), balance.newEvent)
        }
    }

    private static func account(of carry: StreamKey) -> StreamKey? {
        Product.allCases.first { Streams.carry($0) == carry.stream }.map {
            StreamKey(carry.tenant, Streams.account($0))
        }
    }
}

extension LogReader {
    /// All that was carried forward for an account, of its tenant.
    package func carriedBalances(of account: StreamKey) async throws -> CarriedBalances {
        guard let product = Streams.product(ofAccount: account.stream) else { return CarriedBalances() }
        return try CarriedBalances(
            await stream(StreamKey(account.tenant, Streams.carry(product)), of: .billing))
    }
}

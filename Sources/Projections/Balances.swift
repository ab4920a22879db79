import Billing
package import CreditDomain
package import EventStore

/// The balance of an account: now, from the state that the append itself keeps; earlier, by folding the history with
/// the same code that decided it.
package struct Balances: Sendable {
    package enum Moment: Sendable, Equatable {
        case now
        case time(EventTime)
        /// After the event at that position.
        case position(LogPosition)
    }

    package struct Balance: Sendable, Equatable {
        package let state: AccountState
        /// When holds and expiries are looked at.
        package let time: Timestamp
        /// Of the newest event that is in it; nil before the first.
        package let position: LogPosition?

        package var posted: Credits { state.posted(at: time) }
        package var held: Credits { state.held(at: time) }
        package var available: Credits { state.available(at: time) }
    }

    let reader: LogReader
    let heads: HeadReader<AccountState>
    let clock: WallClock

    /// `reader` with the gateway's role.
    package init(reader: LogReader, clock: WallClock) {
        self.reader = reader
        self.clock = clock
        heads = HeadReader(reader)
    }

    package func balance(of tenant: TenantID, product: Product, at moment: Moment) async throws -> Balance {
        let account = StreamKey(tenant, Streams.account(product))
        guard moment == .now else { return try await fold(account, until: moment) }
        let head = try await heads.head(of: account)
        // The clock may have been set back. What the log has recorded has happened, and decisions are made as of then.
        let time = max(clock.now(), head?.logTime ?? clock.now())
        return Balance(
            state: head?.state ?? AccountState(), time: Timestamp(microseconds: time.microseconds),
            position: head?.position)
    }

    private func fold(_ account: StreamKey, until moment: Moment) async throws -> Balance {
        let begins = try await reader.beginning(of: account)
        if let base = begins.carried, !moment.isAfter(base) { throw HistoryError.gone(base.through) }
        var state = begins.carried?.state ?? AccountState()
        var last: RecordedEvent?
        var version = begins.version
        folding: while true {
            let page = try await reader.stream(account, of: .billing, from: version)
            for event in page {
                guard event.version == version else {
                    throw LogError.corrupt("version \(version.rawValue) of \(account.stream.name) is missing")
                }
                guard moment.includes(event) else { break folding }
                if case .credit(let credit) = try DomainEvent(event) { try evolve(&state, credit) }
                last = event
                version = event.version.next
            }
            if page.count < LogReader.maximumPage { break }
        }
        let time =
            switch moment {
            case .now: clock.now()
            case .time(let time): time
            case .position: last?.recordedAt ?? clock.now()
            }
        return Balance(
            state: state, time: Timestamp(microseconds: time.microseconds),
            position: last?.position ?? begins.carried?.through)
    }
}

extension Balances.Moment {
    func includes(_ event: RecordedEvent) -> Bool { includes(event.position, event.recordedAt) }

    /// - Parameter recordedAt: nil if it can't be told; then it is taken for included.
    func includes(_ position: LogPosition, _ recordedAt: EventTime?) -> Bool {
        switch self {
        case .now: true
        case .time(let time): recordedAt.map { $0 <= time } ?? true
        case .position(let last): position <= last
        }
    }
}

extension Balances.Moment {
    /// Whether the account of the moment can still be told: nobody knows what it was before the balance that was carried
    /// forward.
    func isAfter(_ base: AccountBeginning.Base) -> Bool {
        switch self {
        case .now: true
        case .time(let time): (base.next ?? base.recordedAt) <= time
        case .position(let position): base.through <= position
        }
    }
}

/// Why a moment of the past can't be told.
package enum HistoryError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The account's events up to that position are gone, as the retention policy says.
    case gone(LogPosition)

    package var description: String {
        switch self {
        case .gone(let position):
            "the account's events up to position \(position.rawValue) are gone: only later balances can be told"
        }
    }
}

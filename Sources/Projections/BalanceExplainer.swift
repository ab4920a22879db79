import Billing
package import CreditDomain
package import EventStore

/// Explains balances from the streams of their accounts.
package struct BalanceExplainer: Sendable {
    let reader: LogReader
    let clock: WallClock

    package init(reader: LogReader, clock: WallClock) {
        self.reader = reader
        self.clock = clock
    }

    /// All events up to the moment become lines; those after it are folded on, to be compared with the balance that
    /// decisions rest on now.
    package func explain(
        _ product: Product, of tenant: TenantID, at moment: Balances.Moment
    ) async throws -> BalanceExplanation {
        let account = StreamKey(tenant, Streams.account(product))
        var fold = Fold(
            account: account, origin: reader.origin, time: Timestamp(microseconds: clock.now().microseconds))
        let begins = try await reader.beginning(of: account)
        if let base = begins.carried {
            guard moment.isAfter(base) else { throw HistoryError.gone(base.through) }
            fold.begin(with: base)
        }
        // Before the events: what is appended meanwhile is beyond it, and left out of the comparison.
        let head = try await inlineState(of: account, into: &fold.explanation)
        while true {
            let page = try await reader.stream(account, of: .billing, from: fold.version.next)
            for event in page where fold.version < event.version {
                fold.take(event, isExplained: moment.includes(event))
                if event.version == head?.version { fold.compare(with: head?.state) }
            }
            if page.count < LogReader.maximumPage { break }
        }
        if let head, fold.version < head.version {
            fold.contradict("the head is at version \(head.version.rawValue), the events at \(fold.version.rawValue)")
        }
        if head == nil, fold.version > .none, fold.explanation.holds {
            // Unless the account began just now.
            if try await inlineState(of: account, into: &fold.explanation) == nil {
                fold.contradict("the account has events and no head")
            }
        }
        if case .time(let time) = moment { fold.explanation.time = Timestamp(microseconds: time.microseconds) }
        if case .position = moment, let last = fold.explanation.lines.last {
            fold.explanation.time = Timestamp(microseconds: last.time.microseconds)
        }
        if fold.explanation.sum != fold.explanation.folded.balance.rawValue {
            fold.contradict(
                "the lines add up to \(fold.explanation.sum), the events fold to "
                    + "\(fold.explanation.folded.balance.rawValue)")
        }
        return fold.explanation
    }

    private func inlineState(
        of account: StreamKey, into explanation: inout BalanceExplanation
    ) async throws -> (version: StreamVersion, state: AccountState)? {
        do {
            let head = try await reader.head(of: account, as: AccountState.self)
            explanation.inline = head?.state.balance
            // As for the balance itself: the clock may have been set back.
            if let head {
                explanation.time = max(explanation.time, Timestamp(microseconds: head.logTime.microseconds))
            }
            return head.map { ($0.version, $0.state) }
        } catch let error as EventDecodingError {
            explanation.contradictions.append("the state in the head can't be read: \(error)")
        } catch let error as CreditError {
            explanation.contradictions.append("the state in the head can't be read: \(error)")
        }
        return nil
    }
}

/// The events of an account, one after the other.
private struct Fold {
    let origin: String
    var explanation: BalanceExplanation
    var version = StreamVersion.none
    private var state = AccountState()

    init(account: StreamKey, origin: String, time: Timestamp) {
        self.origin = origin
        explanation = BalanceExplanation(account: account, time: time)
    }

    mutating func take(_ event: RecordedEvent, isExplained: Bool) {
        let at = "position \(event.position.rawValue)"
        if event.version != version.next { contradict("\(at): version \(version.next.rawValue) is missing") }
        version = event.version
        if event.computedCommitment(origin: origin) != event.commitment {
            contradict("\(at): the row is not what its entry commits to")
        }
        do {
            guard case .credit(let credit) = try DomainEvent(event), let movement = Movement(credit) else { return }
            try evolve(&state, credit)
            guard isExplained else { return }
            let (balance, overflow) = explanation.sum.addingReportingOverflow(movement.change)
            if overflow { contradict("\(at): the balance overflows") }
            explanation.lines.append(
                BalanceExplanation.Line(
                    position: event.position, time: event.recordedAt, kind: movement.kind, units: movement.units,
                    change: movement.change, balance: balance, held: state.holds.reduce(0) { $0 + $1.units.rawValue },
                    reference: movement.reference))
            explanation.folded = state
        } catch {
            contradict("\(at): \(error)")
        }
    }

    /// With what the account was after the last of its events that are gone.
    mutating func begin(with base: AccountBeginning.Base) {
        version = base.version
        state = base.state
        explanation.folded = base.state
        explanation.lines = [
            BalanceExplanation.Line(
                position: base.through, time: base.recordedAt, kind: "carried_forward",
                units: base.state.balance.rawValue, change: base.state.balance.rawValue,
                balance: base.state.balance.rawValue, held: base.state.holds.reduce(0) { $0 + $1.units.rawValue },
                reference: nil)
        ]
    }

    mutating func compare(with head: AccountState?) {
        explanation.newest = state.balance
        if let head, head != state { contradict("the state in the head is not what the events add up to") }
    }

    mutating func contradict(_ contradiction: String) {
        explanation.contradictions.append(contradiction)
    }
}

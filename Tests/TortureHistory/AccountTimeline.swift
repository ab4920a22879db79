import Billing
import CreditDomain
import EventStore

/// What an account was after each of its events.
struct AccountTimeline: Sendable {
    struct Moment: Sendable {
        let position: Int64
        let recordedAt: Int64
        let state: AccountState
    }

    private(set) var moments: [Moment] = []
    /// What the events themselves contradict.
    private(set) var contradictions: [String] = []

    mutating func take(_ entry: LogEntry) {
        guard case .credit(let event) = entry.event else { return }
        var state = moments.last?.state ?? AccountState()
        do {
            try evolve(&state, event)
        } catch {
            contradictions.append("position \(entry.position): \(error)")
        }
        let time = Timestamp(microseconds: entry.recordedAt)
        if state.balance < .zero || state.available(at: time) < .zero {
            contradictions.append("position \(entry.position): the balance is below zero")
        }
        moments.append(Moment(position: entry.position, recordedAt: entry.recordedAt, state: state))
    }

    /// The index of the newest moment up to a position; nil before the first.
    func index(upTo position: Int64) -> Int? {
        var low = 0
        var high = moments.count
        while low < high {
            let middle = low + (high - low) / 2
            if moments[middle].position <= position { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : low - 1
    }

    func state(upTo position: Int64) -> AccountState {
        index(upTo: position).map { moments[$0].state } ?? AccountState()
    }

    /// Whether at some time between an event and the next, nothing more than `available` was there.
    ///
    /// Time alone changes an account when holds and grants end.
    func hadAvailable(_ available: Int64, at index: Int) -> Bool {
        guard index >= 0 else { return available == 0 }
        let moment = moments[index]
        var times = [Timestamp(microseconds: moment.recordedAt)]
        times += moment.state.holds.map(\.expiresAt)
        times += moment.state.grants.flatMap { [$0.effectiveAt] + ($0.expiresAt.map { [$0] } ?? []) }
        return times.contains {
            $0.microseconds >= moment.recordedAt && moment.state.available(at: $0).rawValue == available
        }
    }
}

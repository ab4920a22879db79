import Billing
import CreditDomain
import EventStore

extension History {
    /// Between the request and its answer, there was a moment at which the refusal was right.
    func checkRefusals() -> [Violation] {
        attempts.compactMap { attempt in
            guard case .refused(let refusal) = attempt.answer, refusal.isDecision else { return nil }
            let wish = wishes[attempt.wish]
            let isExplained =
                switch (refusal.status, wish.kind) {
                case (402, _): explainsShortage(attempt, wish, refusal)
                case (409, .voidHold(let hold)), (409, .capture(_, .some(let hold), _)):
                    hasEnded(hold, attempt, wish)
                case (409, .refund(let capture)): wasRefunded(capture.lowercaseText, attempt, wish)
                default: false
                }
            guard !isExplained else { return nil }
            return Violation(.refusal, "\(name(wish)) was refused with \(refusal.status) \(refusal.problem)")
        }
    }

    private func explainsShortage(_ attempt: Attempt, _ wish: Wish, _ refusal: Answer.Refusal) -> Bool {
        guard let needed = wish.needs, let available = refusal.available, available < needed else { return false }
        let timeline = accounts[wish.account] ?? AccountTimeline()
        let first = timeline.index(upTo: lastPosition(of: wish.account) { $0.acknowledged < attempt.invoked }) ?? -1
        let last = timeline.index(upTo: lastPosition(of: wish.account) { $0.invoked <= attempt.answered }) ?? -1
        return first <= last && (first...last).contains { timeline.hadAvailable(available, at: $0) }
    }

    /// The newest event of the account among the wishes that a condition on their times is true for.
    private func lastPosition(
        of account: Account, where isIncluded: (Move) -> Bool
    ) -> Int64 {
        (moves[account] ?? []).reduce(-1) { last, move in
            move.last > last && isIncluded(move) ? move.last : last
        }
    }

    private func hasEnded(_ hold: String, _ attempt: Attempt, _ wish: Wish) -> Bool {
        let id = HoldID(hold)
        let moments = accounts[wish.account]?.moments ?? []
        guard let ended = moments.lastIndex(where: { $0.state.hold(id) != nil }) else { return false }
        // Its time may have passed without anybody having written that down yet.
        let expiry = moments[ended].state.hold(id)?.expiresAt.microseconds ?? .max
        if let newest = entries.last?.recordedAt, newest >= expiry { return true }
        guard ended + 1 < moments.count else { return false }
        return wasAsked(moments[ended + 1].position, by: attempt.answered, wish.account)
    }

    private func wasRefunded(_ capture: String, _ attempt: Attempt, _ wish: Wish) -> Bool {
        guard let refund = refunds[RefundKey(tenant: wish.account.tenant, capture: capture)] else { return false }
        return wasAsked(refund, by: attempt.answered, wish.account)
    }

    private func wasAsked(_ position: Int64, by time: UInt64, _ account: Account) -> Bool {
        (moves[account] ?? []).contains { $0.first <= position && position <= $0.last && $0.invoked <= time }
    }
}

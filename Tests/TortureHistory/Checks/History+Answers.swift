import Billing
import CreditDomain
import EventStore

extension History {
    /// Every answer says what the events up to its position come to.
    func checkAnswers() -> [Violation] {
        attempts.compactMap { attempt in
            let wish = wishes[attempt.wish]
            let contradiction: String? =
                switch attempt.answer {
                case .accepted(let receipt): contradiction(receipt, of: wish)
                case .balance(let balance): contradiction(balance, of: wish)
                case .refused, .unknown: nil
                }
            return contradiction.map { Violation(.answer, "\(name(wish)): \($0)") }
        }
    }

    private func contradiction(_ receipt: Answer.Receipt, of wish: Wish) -> String? {
        // What is not there is another check's to tell.
        guard let entry = fulfilments[wish.number].first, let request = entry.request else { return nil }
        let timeline = accounts[wish.account] ?? AccountTimeline()
        let time = Timestamp(microseconds: entry.recordedAt)
        let last = max(entry.position, lastAccountPosition(wish) ?? entry.position)
        let state = timeline.state(upTo: last)
        if receipt.available != state.available(at: time).rawValue {
            return "answered \(receipt.available) available, the log says \(state.available(at: time).rawValue)"
        }
        switch entry.event {
        case .credit(.checked(let checked)):
            if receipt.allowed != checked.allowed || receipt.held != checked.held.rawValue
                || receipt.held != state.held(at: time).rawValue
                || checked.allowed != (checked.units <= state.available(at: time))
            {
                return "the answer to the check is not what the log says"
            }
        case .credit(.held(let held)) where receipt.hold != held.hold.rawValue:
            return "the answer names another hold than the log"
        case .credit(.debited):
            let recorded = (entriesOfRequest[request] ?? []).contains {
                if case .capture = $0.event { $0.position == receipt.position } else { false }
            }
            if !recorded { return "the capture is not at position \(receipt.position)" }
        default: break
        }
        return nil
    }

    private func contradiction(_ balance: Answer.BalanceAnswer, of wish: Wish) -> String? {
        let timeline = accounts[wish.account] ?? AccountTimeline()
        var state = AccountState()
        if let position = balance.position {
            guard let index = timeline.index(upTo: position), timeline.moments[index].position == position else {
                return "the account has no event at position \(position)"
            }
            state = timeline.moments[index].state
            if balance.asOf < timeline.moments[index].recordedAt {
                return "as of a time before the account's newest event"
            }
        }
        let time = Timestamp(microseconds: balance.asOf)
        let expected = (state.available(at: time), state.held(at: time), state.posted(at: time))
        let answered = (Credits(balance.available), Credits(balance.held), Credits(balance.posted))
        return answered == expected ? nil : "the balance is not what the events up to its position come to"
    }
}

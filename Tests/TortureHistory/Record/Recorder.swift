import CreditDomain
import EventStore
import Foundation
import Synchronization

/// Takes down what many clients want and get.
package final class Recorder: Sendable {
    private let contents = Mutex<(wishes: [Wish], attempts: [Attempt])>(([], []))

    package init() {}

    package func wish(_ kind: Wish.Kind, of account: Account) -> Wish {
        contents.withLock { contents in
            let wish = Wish(number: contents.wishes.count, account: account, kind: kind)
            contents.wishes.append(wish)
            return wish
        }
    }

    package func add(_ attempt: Attempt) {
        contents.withLock { $0.attempts.append(attempt) }
    }

    package var wishes: [Wish] { contents.withLock(\.wishes) }
    package var attempts: [Attempt] { contents.withLock(\.attempts) }

    /// Wishes that can be asked for again and of which it is not known what came of them.
    package var unsettled: [Wish] {
        let (wishes, attempts) = contents.withLock { ($0.wishes, $0.attempts) }
        let byWish = Dictionary(grouping: attempts, by: \.wish)
        return wishes.filter { $0.isKeyed && !Attempt.settle(byWish[$0.number] ?? []) }
    }
}

import CreditDomain
import EventStore
import Foundation
import Synchronization
import TortureHistory

/// What the clients of a round know of each other: holds to capture or void, captures to refund or repeat.
final class Board: Sendable {
    private struct Contents {
        var holds: [Account: [String]] = [:]
        var captures: [Account: [UUID]] = [:]
        var accepted: [Wish] = []
    }

    private let contents = Mutex(Contents())

    func note(_ wish: Wish, _ answer: Answer) {
        guard case .accepted(let receipt) = answer, !receipt.isReplay else { return }
        contents.withLock { contents in
            if wish.isKeyed { contents.accepted.append(wish) }
            switch wish.kind {
            case .hold: contents.holds[wish.account, default: []] += [receipt.hold].compactMap(\.self)
            case .capture(let id, _, paid: true): contents.captures[wish.account, default: []].append(id)
            default: break
            }
        }
    }

    /// Sometimes the same to two clients, who then compete for it.
    func hold(_ account: Account, _ random: inout SeededRandom) -> String? {
        contents.withLock { contents in
            guard let index = contents.holds[account]?.indices.randomElement(using: &random) else { return nil }
            return random.chance(20) ? contents.holds[account]?[index] : contents.holds[account]?.remove(at: index)
        }
    }

    func capture(_ account: Account, _ random: inout SeededRandom) -> UUID? {
        contents.withLock { contents in
            guard let index = contents.captures[account]?.indices.randomElement(using: &random) else { return nil }
            return random.chance(20)
                ? contents.captures[account]?[index] : contents.captures[account]?.remove(at: index)
        }
    }

    func accepted(_ random: inout SeededRandom) -> Wish? {
        contents.withLock { $0.accepted.randomElement(using: &random) }
    }
}

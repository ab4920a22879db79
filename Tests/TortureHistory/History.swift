import Billing
import CreditDomain
import EventStore
import Foundation

/// Everything that clients asked and heard, and everything that the log then held, put in order for the checks.
package struct History: Sendable {
    package let wishes: [Wish]
    /// In the order of sending.
    package let attempts: [Attempt]
    /// In the order of the log.
    package let entries: [LogEntry]
    let attemptsOfWish: [[Attempt]]
    /// Entries by the request that made them.
    let entriesOfRequest: [UUID: [LogEntry]]
    let accounts: [Account: AccountTimeline]
    /// The entry that each wish was about, however many.
    let fulfilments: [[LogEntry]]
    let moves: [Account: [Move]]
    /// Positions of refunds.
    let refunds: [RefundKey: Int64]

    /// What a wish did to its account, and when.
    struct Move: Sendable {
        let first: Int64
        let last: Int64
        let invoked: UInt64
        /// Never, as far as anybody knows, is the end of time.
        let acknowledged: UInt64
    }

    struct RefundKey: Hashable, Sendable {
        let tenant: TenantID
        let capture: String
    }

    package init(wishes: [Wish], attempts: [Attempt], entries: [LogEntry]) {
        self.wishes = wishes
        self.attempts = attempts.sorted { $0.invoked < $1.invoked }
        self.entries = entries
        var attemptsOfWish = [[Attempt]](repeating: [], count: wishes.count)
        for attempt in self.attempts { attemptsOfWish[attempt.wish].append(attempt) }
        self.attemptsOfWish = attemptsOfWish
        var entriesOfRequest: [UUID: [LogEntry]] = [:]
        var timelines: [Account: AccountTimeline] = [:]
        for entry in entries {
            if let request = entry.request { entriesOfRequest[request, default: []].append(entry) }
            if let account = entry.account { timelines[account, default: AccountTimeline()].take(entry) }
        }
        self.entriesOfRequest = entriesOfRequest
        accounts = timelines
        fulfilments = wishes.map { wish in
            attemptsOfWish[wish.number].flatMap { entriesOfRequest[$0.request] ?? [] }.filter { $0.fulfils(wish) }
        }
        var refunds: [RefundKey: Int64] = [:]
        for entry in entries {
            guard case .credit(let event) = entry.event, case .refunded(let refunded) = event else { continue }
            refunds[RefundKey(tenant: entry.stream.tenant, capture: refunded.debit.rawValue)] = entry.position
        }
        self.refunds = refunds
        var moves: [Account: [Move]] = [:]
        for wish in wishes {
            guard let entry = fulfilments[wish.number].first, entry.account == wish.account, let request = entry.request
            else { continue }
            let positions = (entriesOfRequest[request] ?? []).filter { $0.account == wish.account }.map(\.position)
            moves[wish.account, default: []].append(
                Move(
                    first: positions.min() ?? entry.position, last: positions.max() ?? entry.position,
                    invoked: attemptsOfWish[wish.number].first?.invoked ?? 0,
                    acknowledged: Self.acknowledged(attemptsOfWish[wish.number]) ?? .max))
        }
        self.moves = moves
    }

    /// From the first time it was asked for.
    func invoked(_ wish: Wish) -> UInt64? { attemptsOfWish[wish.number].first?.invoked }

    /// When it was first known to be in the log.
    func acknowledged(_ wish: Wish) -> UInt64? { Self.acknowledged(attemptsOfWish[wish.number]) }

    private static func acknowledged(_ attempts: [Attempt]) -> UInt64? {
        attempts.compactMap { attempt in
            switch attempt.answer {
            case .accepted, .balance: attempt.answered
            case .refused, .unknown: nil
            }
        }.min()
    }

    /// The position of the last event of a wish in its account; nil if it isn't there or moves nothing.
    func lastAccountPosition(_ wish: Wish) -> Int64? {
        guard let entry = fulfilments[wish.number].first, let request = entry.request else { return nil }
        return entriesOfRequest[request]?.last { $0.account == wish.account }?.position
    }

    package func check() -> [Violation] {
        checkPresence() + checkHistory() + checkAnswers() + checkRefusals() + checkOrder()
    }

    func name(_ wish: Wish) -> String { "wish \(wish.number) (\(wish.kind))" }
}

import CreditDomain
import EventStore

extension History {
    /// Who had an answer before another asked comes first in the log, in all accounts together; and who reads an
    /// account sees everything that was acknowledged before, and never less than who read before.
    func checkOrder() -> [Violation] {
        var violations = Self.sweep(
            wishes.compactMap { wish in
                guard wish.isWrite, let invoked = invoked(wish), let entry = fulfilments[wish.number].first else {
                    return nil
                }
                return Interval(
                    invoked: invoked, answered: acknowledged(wish) ?? .max, first: entry.position,
                    last: entry.position, isRead: false, name: name(wish))
            })
        var byAccount: [Account: [Interval]] = [:]
        for wish in wishes {
            guard let invoked = invoked(wish) else { continue }
            if wish.kind == .read {
                for attempt in attemptsOfWish[wish.number] {
                    guard case .balance(let balance) = attempt.answer else { continue }
                    byAccount[wish.account, default: []].append(
                        Interval(
                            invoked: attempt.invoked, answered: attempt.answered, first: balance.position ?? -1,
                            last: balance.position ?? -1, isRead: true, name: name(wish)))
                }
            } else if wish.movesCredits, let entry = fulfilments[wish.number].first {
                byAccount[wish.account, default: []].append(
                    Interval(
                        invoked: invoked, answered: acknowledged(wish) ?? .max, first: entry.position,
                        last: lastAccountPosition(wish) ?? entry.position, isRead: false, name: name(wish)))
            }
        }
        for intervals in byAccount.values { violations += Self.sweep(intervals) }
        return violations
    }

    private struct Interval {
        let invoked: UInt64
        let answered: UInt64
        let first: Int64
        let last: Int64
        let isRead: Bool
        let name: String
    }

    /// Compares each interval with the furthest of all that ended before it began.
    private static func sweep(_ intervals: [Interval]) -> [Violation] {
        var violations: [Violation] = []
        let byEnd = intervals.sorted { $0.answered < $1.answered }
        var next = 0
        var furthest: Interval?
        for interval in intervals.sorted(by: { $0.invoked < $1.invoked }) {
            while next < byEnd.count, byEnd[next].answered < interval.invoked {
                if byEnd[next].last > furthest?.last ?? -2 { furthest = byEnd[next] }
                next += 1
            }
            guard let furthest else { continue }
            let isBehind = interval.isRead ? interval.last < furthest.last : interval.first <= furthest.last
            if isBehind {
                violations.append(
                    Violation(
                        .order,
                        "\(interval.name) at \(interval.first) began after \(furthest.name) at \(furthest.last) was answered"
                    ))
            }
        }
        return violations
    }
}

import Billing
import CreditDomain
import EventStore
import Foundation
import Testing
import TortureHistory

@Suite("The checker of the fault harness")
struct CheckerTests {
    private func model(_ seed: UInt64) -> Model {
        print("seed \(seed)")
        var model = Model(seed: seed)
        model.live(150)
        return model
    }

    private func promises(_ model: Model) -> Set<Violation.Promise> { Set(model.history.check().map(\.promise)) }

    /// The last debit that a client knows of.
    private func lastDebit(_ model: Model) throws -> (index: Int, attempt: Int) {
        let index = try #require(
            model.attempts.lastIndex {
                if case .accepted(let receipt) = $0.answer {
                    receipt.debitPosition != nil && !receipt.isReplay
                } else {
                    false
                }
            })
        let request = model.attempts[index].request
        let entry = try #require(
            model.entries.firstIndex { $0.request == request && $0.stream.stream == Streams.account(.punchout) })
        return (entry, index)
    }

    @Test("finds nothing wrong with a service that keeps its promises", arguments: Seeds.fresh)
    func sound(seed: UInt64) {
        #expect(model(seed).history.check() == [])
    }

    @Test("finds an acknowledged write that is not there", arguments: Seeds.fresh)
    func lost(seed: UInt64) throws {
        var model = model(seed)
        model.entries.remove(at: try lastDebit(model).index)
        #expect(promises(model).contains(.lost))
    }

    @Test("finds a debit that is there twice", arguments: Seeds.fresh)
    func doubled(seed: UInt64) throws {
        var model = model(seed)
        var copy = model.entries[try lastDebit(model).index]
        copy.position = Int64(model.entries.count)
        copy.recordedAt = model.entries.last?.recordedAt ?? 0
        model.entries.append(copy)
        #expect(promises(model).contains(.doubled))
        // Also if it came with a request that nobody knows.
        model.entries[model.entries.count - 1].request = UUID()
        #expect(promises(model).isSuperset(of: [.doubled, .phantom]))
    }

    @Test("finds a refused write that is there all the same", arguments: Seeds.fresh)
    func refusedButPresent(seed: UInt64) throws {
        var model = model(seed)
        let attempt = try lastDebit(model).attempt
        let old = model.attempts[attempt]
        model.attempts[attempt] = Attempt(
            wish: old.wish, request: old.request, invoked: old.invoked, answered: old.answered,
            answer: .refused(Answer.Refusal(status: 503, problem: "unavailable")))
        #expect(promises(model).contains(.refusedButPresent))
    }

    @Test("finds an answer that is not what the log says", arguments: Seeds.fresh)
    func wrongAnswer(seed: UInt64) throws {
        var model = model(seed)
        let attempt = try lastDebit(model).attempt
        try model.change(attempt) { $0.available += 1 }
        #expect(promises(model) == [.answer])
    }

    @Test("finds a read that misses what was acknowledged before it", arguments: Seeds.fresh)
    func staleRead(seed: UInt64) throws {
        var model = model(seed)
        let stale = model.ask(model.wish(.read))
        let grant = model.wish(.grant(units: 1, reference: "between"))
        model.ask(grant)
        model.ask(model.wish(.read))
        #expect(promises(model) == [])
        let last = model.attempts.count - 1
        let attempt = model.attempts[last]
        model.attempts[last] = Attempt(
            wish: attempt.wish, request: attempt.request, invoked: attempt.invoked, answered: attempt.answered,
            answer: stale)
        #expect(promises(model) == [.order])
    }

    @Test("finds writes that the log has in another order than their clients", arguments: Seeds.fresh)
    func wrongOrder(seed: UInt64) throws {
        var model = model(seed)
        let first = model.wish(.check(units: 1))
        let second = model.wish(.check(units: 1))
        model.ask(first)
        model.ask(second)
        #expect(promises(model) == [])
        // As if the second had been asked, and answered, before the first was.
        let count = model.attempts.count
        let later = model.attempts[count - 1]
        model.attempts[count - 1] = Attempt(
            wish: later.wish, request: later.request, invoked: 1, answered: 2, answer: later.answer)
        #expect(promises(model).contains(.order))
    }

    @Test("finds a balance that went below zero", arguments: Seeds.fresh)
    func belowZero(seed: UInt64) throws {
        var model = Model(seed: seed)
        model.ask(model.wish(.grant(units: 1, reference: "only")))
        model.ask(model.wish(.capture(UUID(), hold: nil, paid: true)))
        #expect(promises(model) == [])
        let debit = try lastDebit(model).index
        var second = model.entries[debit]
        guard case .credit(.debited(let debited)) = second.event else { throw CreditError.unknownDebit }
        second.position = Int64(model.entries.count)
        second.event = .credit(
            .debited(
                Debited(
                    debit: DebitID(UUID().lowercaseText), units: debited.units, allocations: debited.allocations,
                    hold: nil)))
        model.entries.append(second)
        #expect(promises(model).contains(.history))
    }

    @Test("finds a refusal for want of credits that were there", arguments: Seeds.fresh)
    func wrongRefusal(seed: UInt64) {
        var model = model(seed)
        model.ask(model.wish(.grant(units: 50, reference: "plenty")))
        let wish = model.wish(.hold(units: 1))
        let time = (model.attempts.last?.answered ?? 0) + 10
        for (available, expected) in [(Int64(0), Set<Violation.Promise>([.refusal])), (70_000, [.refusal])] {
            var refused = model
            refused.attempts.append(
                Attempt(
                    wish: wish.number, request: UUID(), invoked: time, answered: time + 10,
                    answer: .refused(Answer.Refusal(status: 402, problem: "insufficient", available: available))))
            #expect(promises(refused) == expected)
        }
    }

    @Test("finds statuses that no client of the harness should get", arguments: [400, 401, 404, 409, 422, 500])
    func strangeStatus(status: Int) {
        var model = model(1)
        let wish = model.wish(.check(units: 1))
        model.attempts.append(
            Attempt(
                wish: wish.number, request: UUID(), invoked: 1, answered: 2,
                answer: .refused(Answer.Refusal(status: status, problem: "?"))))
        #expect(promises(model) == [.refusal])
    }

    @Test("finds an unknown outcome that nobody settled")
    func unsettled() {
        var model = model(1)
        model.ask(model.wish(.grant(units: 1, reference: "unheard")), isHeard: false)
        #expect(promises(model) == [.unsettled])
        let wish = model.wishes[model.wishes.count - 1]
        // That the service can't at the moment says nothing about the earlier try.
        model.attempts.append(
            Attempt(
                wish: wish.number, request: UUID(), invoked: .max - 2, answered: .max - 1,
                answer: .refused(Answer.Refusal(status: 503, problem: "unavailable"))))
        #expect(promises(model) == [.unsettled])
        model.ask(wish)
        #expect(promises(model) == [])
    }

    @Test("finds two answers for one key")
    func differentAnswers() throws {
        var model = model(1)
        let wish = model.wish(.grant(units: 1, reference: "twice"))
        model.ask(wish)
        model.ask(wish)
        #expect(promises(model) == [])
        try model.change(model.attempts.count - 1) { $0.body.append(0x20) }
        #expect(promises(model) == [.answer])
    }

    @Test("finds a gap in the order of the log, and time that goes back")
    func brokenOrder() {
        var model = model(1)
        model.entries[3].recordedAt -= 1_000_000
        #expect(promises(model).contains(.history))
    }
}

extension Model {
    /// Changes what a client was told.
    mutating func change(_ index: Int, _ change: (inout Answer.Receipt) -> Void) throws {
        let attempt = attempts[index]
        guard case .accepted(var receipt) = attempt.answer else { throw CreditError.unknownDebit }
        change(&receipt)
        attempts[index] = Attempt(
            wish: attempt.wish, request: attempt.request, invoked: attempt.invoked, answered: attempt.answered,
            answer: .accepted(receipt))
    }
}

import CreditDomain
import Testing

@Suite("Checks and debits")
struct DebitTests {
    @Test("a check answers and changes nothing, a thousand times over")
    func checks() throws {
        var account = Account()
        try account.grant(5)
        try account.hold("cart", 2)
        let before = account.state
        for _ in 0..<1_000 {
            let events = try account.run(.check(units: 3))
            #expect(events == [.checked(Checked(units: 3, allowed: true, available: 3, held: 2, reason: nil))])
        }
        #expect(account.state == before)
    }

    @Test("a lack of credits is an answer to a check, and refuses a debit or a hold")
    func insufficient() throws {
        var account = Account()
        try account.grant(5)
        let denied = Checked(units: 6, allowed: false, available: 5, held: 0, reason: .insufficientCredits)
        #expect(try account.run(.check(units: 6)) == [.checked(denied)])
        let before = account
        #expect(throws: CreditError.insufficientCredits(available: 5)) { try account.debit("a", 6) }
        #expect(throws: CreditError.insufficientCredits(available: 5)) { try account.hold("h", 6) }
        #expect(account.state == before.state && account.history == before.history)
    }

    @Test("an account nobody gave anything to can be asked, and spends nothing")
    func emptyAccount() throws {
        var account = Account()
        let denied = Checked(units: 1, allowed: false, available: 0, held: 0, reason: .insufficientCredits)
        #expect(try account.run(.check(units: 1)) == [.checked(denied)])
        #expect(try account.run(.settle) == [])
        #expect(throws: CreditError.insufficientCredits(available: 0)) { try account.debit("a", 1) }
        #expect(account.state == AccountState())
    }

    @Test("the last credit can be spent, and only once")
    func lastCredit() throws {
        var account = Account()
        try account.grant(1)
        try account.debit("a", 1)
        #expect(throws: CreditError.insufficientCredits(available: 0)) { try account.debit("b", 1) }
        #expect(account.state.totals == AccountTotals(granted: 1, debited: 1, refunded: 0, expired: 0))
    }

    @Test("a debit is folded from its own events")
    func debitAggregate() throws {
        var account = Account()
        try account.grant(3)
        try account.debit("a", 2)
        let paid = Debit(id: "a", units: 2, allocations: [.of(1, 2)], isRefunded: false)
        #expect(account.debits["a"] == paid)
        try account.refund("a")
        #expect(account.debits["a"] == Debit(id: "a", units: 2, allocations: [.of(1, 2)], isRefunded: true))
    }

    @Test("a debit's own stream refuses what cannot follow, and stays as it was")
    func debitRefusals() throws {
        let debited = CreditEvent.debited(Debited(debit: "a", units: 2, allocations: [.of(1, 2)], hold: nil))
        let refunded = Refunded(debit: "a", units: 2, allocations: [.of(1, 2)])
        var none: Debit?
        #expect(throws: CreditError.self) { try Debit.evolve(&none, .refunded(refunded)) }
        #expect(none == nil)

        var debit: Debit?
        try Debit.evolve(&debit, debited)
        try Debit.evolve(&debit, .holdVoided("someone else's"))
        let paid = debit
        let others = [
            Refunded(debit: "b", units: 2, allocations: [.of(1, 2)]),
            Refunded(debit: "a", units: 1, allocations: [.of(1, 2)]),
            Refunded(debit: "a", units: 2, allocations: [.of(2, 2)]),
        ]
        for event in [debited] + others.map(CreditEvent.refunded) {
            #expect(throws: CreditError.self) { try Debit.evolve(&debit, event) }
            #expect(debit == paid)
        }
        try Debit.evolve(&debit, .refunded(refunded))
        #expect(throws: CreditError.self) { try Debit.evolve(&debit, .refunded(refunded)) }
        #expect(debit?.isRefunded == true)
    }
}

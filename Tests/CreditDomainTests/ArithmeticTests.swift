import CreditDomain
import Testing

@Suite("Arithmetic")
struct ArithmeticTests {
    @Test("credits add and subtract exactly")
    func exact() throws {
        #expect(try Credits(2).adding(3) == 5)
        #expect(try Credits(3).subtracting(3) == .zero)
        #expect(try Credits(.max).adding(0) == Credits(.max))
        #expect(try Credits(.max).subtracting(Credits(.max)) == .zero)
        #expect(Credits(1) < 2)
    }

    @Test("a sum or a difference that does not fit, or is negative, is refused")
    func refused() {
        #expect(throws: CreditError.overflow) { try Credits(.max).adding(1) }
        #expect(throws: CreditError.overflow) { try Credits(.min).adding(-1) }
        #expect(throws: CreditError.overflow) { try Credits(1).adding(-2) }
        #expect(throws: CreditError.overflow) { try Credits(1).subtracting(2) }
        #expect(throws: CreditError.overflow) { try Credits(0).subtracting(Credits(.min)) }
        #expect(throws: CreditError.overflow) { try Credits(.min).subtracting(1) }
    }

    @Test("times move by whole seconds, and not beyond what can be represented")
    func times() throws {
        let day = try Timestamp(microseconds: 0).adding(seconds: 86_400)
        #expect(day == Timestamp(microseconds: 86_400_000_000))
        #expect(try day.adding(seconds: -86_400) == Timestamp(microseconds: 0))
        #expect(throws: CreditError.overflow) { try Timestamp(microseconds: .max).adding(seconds: 1) }
        #expect(throws: CreditError.overflow) { try Timestamp(microseconds: .min).adding(seconds: -1) }
        #expect(throws: CreditError.overflow) { try Timestamp(microseconds: 0).adding(seconds: .max) }
    }

    @Test("a hold that would expire beyond time is refused")
    func holdBeyondTime() throws {
        var account = Account()
        try account.grant(1)
        let end = Timestamp(microseconds: .max)
        #expect(throws: CreditError.overflow) { try account.hold("h", 1, seconds: 1, at: end) }
    }

    @Test("totals that would not fit refuse the command, and nothing wraps or traps")
    func totals() throws {
        let most = Credits(.max - 1)
        let spent = Grant(
            number: 1, source: .manual, reference: "r", units: 10, remaining: 10, priority: 0, effectiveAt: .start,
            expiresAt: nil, debited: most, refunded: most, expired: .zero)
        let totals = AccountTotals(granted: 10, debited: most.rawValue, refunded: most.rawValue, expired: 0)
        var state = try AccountState(grants: [spent], holds: [], totals: totals)
        #expect(throws: CreditError.overflow) { try decide(.debit(id: "a", units: 2, hold: nil), state, now: .start) }
        for event in try decide(.debit(id: "a", units: 1, hold: nil), state, now: .start) {
            try evolve(&state, event)
        }
        #expect(state.totals.debited == .max)
        let debit = Debit(id: "a", units: 1, allocations: [.of(1, 1)], isRefunded: false)
        for event in try decide(.refund(debit), state, now: .start) {
            try evolve(&state, event)
        }
        #expect(state.balance == 10)
        let tooMuch = Debited(debit: "b", units: 1, allocations: [.of(1, 1)], hold: nil)
        #expect(throws: CreditError.impossibleEvent("totals fit")) { try evolve(&state, .debited(tooMuch)) }
    }

    @Test("the balance fits however much is granted")
    func balance() throws {
        let all = Grant(
            number: 1, source: .manual, reference: "r", units: Credits(.max), remaining: Credits(.max), priority: 0,
            effectiveAt: .start, expiresAt: nil, debited: .zero, refunded: .zero, expired: .zero)
        let totals = AccountTotals(granted: .max, debited: 0, refunded: 0, expired: 0)
        let state = try AccountState(grants: [all], holds: [], totals: totals)
        #expect(state.available(at: .start) == Credits(.max))
        let request = GrantRequest(source: .manual, reference: "s", units: 1)
        #expect(throws: CreditError.overflow) { try decide(.grant(request), state, now: .start) }
    }
}

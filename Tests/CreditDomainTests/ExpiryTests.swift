import CreditDomain
import Testing

@Suite("Expiry")
struct ExpiryTests {
    @Test("a grant is worth nothing from the instant it expires, recorded or not")
    func exactExpiry() throws {
        var account = Account()
        try account.grant(5, expires: .after(100))
        let last = Timestamp.after(100).justBefore
        #expect(account.state.available(at: last) == 5)
        #expect(try decide(.settle, account.state, now: last) == [])
        #expect(account.state.available(at: .after(100)) == 0)
        #expect(account.state.posted(at: .after(100)) == 0)
        #expect(account.state.balance == 5)
        #expect(throws: CreditError.insufficientCredits(available: 0)) { try account.debit("a", 1, at: .after(100)) }
        #expect(try account.run(.settle, at: .after(100)) == [.grantExpired(1, 5)])
        #expect(account.state.balance == 0)
        #expect(try account.run(.settle, at: .after(200)) == [])
    }

    @Test("the next command records what lapsed before it is decided itself")
    func lazily() throws {
        var account = Account()
        try account.grant(5, expires: .after(100))
        try account.grant(5)
        let events = try account.debit("a", 1, at: .after(150))
        let debited = Debited(debit: "a", units: 1, allocations: [.of(2, 1)], hold: nil)
        #expect(events == [.grantExpired(1, 5), .debited(debited)])
        #expect(account.state.totals == AccountTotals(granted: 10, debited: 1, refunded: 0, expired: 5))
    }

    @Test("what a hold reserves survives its grant's expiry until the hold is captured")
    func captureAfterExpiry() throws {
        var account = Account()
        try account.grant(5, expires: .after(100))
        try account.hold("cart", 3, seconds: 300)
        #expect(try account.run(.settle, at: .after(100)) == [.grantExpired(1, 2)])
        #expect(account.state.posted(at: .after(100)) == 3)
        #expect(account.state.held(at: .after(100)) == 3)
        #expect(account.state.available(at: .after(100)) == 0)
        #expect(try account.run(.settle, at: .after(200)) == [], "the reserved part does not lapse")

        let events = try account.debit("a", 2, hold: "cart", at: .after(200))
        let debited = Debited(debit: "a", units: 2, allocations: [.of(1, 2)], hold: "cart")
        #expect(events == [.debited(debited), .grantExpired(1, 1)], "what was not captured lapses at once")
        #expect(account.state.balance == 0)
    }

    @Test("a hold that is voided after its grant's expiry gives nothing back")
    func voidAfterExpiry() throws {
        var account = Account()
        try account.grant(3, priority: 1, expires: .after(100))
        try account.grant(3, priority: 2)
        try account.hold("cart", 5, seconds: 300)
        let events = try account.run(.voidHold("cart"), at: .after(100))
        #expect(events == [.holdVoided("cart"), .grantExpired(1, 3)])
        #expect(account.state.available(at: .after(100)) == 3)
    }

    @Test("a hold and its grant that are both due end in one decision: all of the grant lapses")
    func bothDue() throws {
        var account = Account()
        try account.grant(5, expires: .after(100))
        try account.hold("cart", 3, seconds: 120)
        #expect(account.state.posted(at: .after(120)) == 0)
        #expect(try account.run(.settle, at: .after(120)) == [.holdExpired("cart"), .grantExpired(1, 5)])
    }

    @Test("with several holds on an expired grant, only what the ended one frees lapses")
    func severalHolds() throws {
        var account = Account()
        try account.grant(5, expires: .after(100))
        try account.hold("short", 2, seconds: 120)
        try account.hold("long", 3, seconds: 300)
        #expect(try account.run(.settle, at: .after(120)) == [.holdExpired("short"), .grantExpired(1, 2)])
        try account.debit("a", 3, hold: "long", at: .after(299))
        #expect(account.state.totals == AccountTotals(granted: 5, debited: 3, refunded: 0, expired: 2))
    }

    @Test("a refund into an expired grant lapses visibly: given back, then expired")
    func refundIntoExpired() throws {
        var account = Account()
        try account.grant(2, priority: 1, expires: .after(100))
        try account.grant(2, priority: 2)
        try account.debit("a", 3)
        let events = try account.refund("a", at: .after(100))
        let refunded = Refunded(debit: "a", units: 3, allocations: [.of(1, 2), .of(2, 1)])
        #expect(events == [.refunded(refunded), .grantExpired(1, 2)])
        #expect(account.state.available(at: .after(100)) == 2)
        #expect(account.state.totals == AccountTotals(granted: 4, debited: 3, refunded: 3, expired: 2))
    }

    @Test("a refund into a grant that expires while a hold reserves the rest lapses only itself")
    func refundBesideHold() throws {
        var account = Account()
        try account.grant(5, expires: .after(100))
        try account.debit("a", 2)
        try account.hold("cart", 3, seconds: 300)
        #expect(try account.refund("a", at: .after(150)).last == .grantExpired(1, 2))
        #expect(account.state.held(at: .after(150)) == 3)
        try account.debit("b", 3, hold: "cart", at: .after(150))
        #expect(account.state.balance == 0)
    }

    @Test("a refused command does not record what is due; the background pass does")
    func refusalRecordsNothing() throws {
        var account = Account()
        try account.grant(5, expires: .after(100))
        let before = account.state
        #expect(throws: CreditError.unitsOutOfRange) { try account.run(.check(units: 0), at: .after(100)) }
        #expect(throws: CreditError.unknownHold) { try account.run(.voidHold("x"), at: .after(100)) }
        #expect(account.state == before)
        #expect(try account.run(.settle, at: .after(100)) == [.grantExpired(1, 5)])
    }

    @Test("a clock that goes back brings nothing back that lapsed, and crashes nothing")
    func clockGoesBack() throws {
        var account = Account()
        try account.grant(5, expires: .after(100))
        try account.hold("cart", 2, seconds: 300, at: .after(50))
        try account.run(.settle, at: .after(100))
        #expect(account.state.available(at: .start) == 0)
        #expect(account.state.available(at: Timestamp(microseconds: .min)) == 0)
        #expect(throws: CreditError.insufficientCredits(available: 0)) { try account.debit("a", 1, at: .start) }
        #expect(try account.run(.voidHold("cart"), at: .start) == [.holdVoided("cart")])
        #expect(try account.run(.settle, at: .after(100)) == [.grantExpired(1, 2)])
    }
}

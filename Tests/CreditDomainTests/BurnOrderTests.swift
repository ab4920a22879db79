import CreditDomain
import Testing

@Suite("Burn order")
struct BurnOrderTests {
    @Test("the lower priority burns first, then the earlier expiry, then the older grant")
    func order() throws {
        var account = Account()
        try account.grant(10)
        try account.grant(10)
        try account.grant(10, expires: .after(200))
        try account.grant(10, expires: .after(100))
        try account.grant(10, priority: 5)
        let events = try account.debit("capture", 45)
        let expected = Debited(
            debit: "capture", units: 45, allocations: [.of(5, 10), .of(4, 10), .of(3, 10), .of(1, 10), .of(2, 5)],
            hold: nil)
        #expect(events == [.debited(expected)])
        #expect(account.state.available(at: .start) == 5)
    }

    @Test("a grant that never expires burns after one that expires at the last representable instant")
    func neverIsLast() throws {
        var account = Account()
        try account.grant(1)
        try account.grant(1, expires: Timestamp(microseconds: .max))
        try account.debit("capture", 1)
        #expect(account.debits["capture"]?.allocations == [.of(2, 1)])
    }

    @Test("a debit continues where the last one stopped, and a refund makes its grant burn first again")
    func continues() throws {
        var account = Account()
        try account.grant(2, priority: 1)
        try account.grant(2, priority: 2)
        try account.debit("a", 2)
        try account.debit("b", 1)
        #expect(account.debits["b"]?.allocations == [.of(2, 1)])
        try account.refund("a")
        try account.debit("c", 3)
        #expect(account.debits["c"]?.allocations == [.of(1, 2), .of(2, 1)])
        #expect(account.state.balance == 0)
    }

    @Test("credits that are not in effect yet do not burn, and do from the very instant on")
    func notYetEffective() throws {
        var account = Account()
        try account.grant(3, priority: 1, effective: .after(10))
        try account.grant(1, priority: 2)
        #expect(account.state.balance == 4)
        #expect(account.state.posted(at: Timestamp.after(10).justBefore) == 1)
        #expect(throws: CreditError.insufficientCredits(available: 1)) {
            try account.debit("a", 2, at: Timestamp.after(10).justBefore)
        }
        try account.debit("a", 2, at: .after(10))
        #expect(account.debits["a"]?.allocations == [.of(1, 2)])
    }

    @Test("credits that took effect in the past burn at once")
    func effectiveInThePast() throws {
        var account = Account()
        try account.grant(3, effective: .after(-1_000))
        try account.debit("a", 3)
        #expect(account.state.available(at: .start) == 0)
    }

    @Test("what a hold reserves is passed over")
    func reservedIsPassedOver() throws {
        var account = Account()
        try account.grant(2, priority: 1)
        try account.grant(2, priority: 2)
        try account.hold("cart", 1)
        try account.debit("a", 2)
        #expect(account.debits["a"]?.allocations == [.of(1, 1), .of(2, 1)])
        try account.debit("b", 1, hold: "cart")
        #expect(account.debits["b"]?.allocations == [.of(1, 1)])
    }
}

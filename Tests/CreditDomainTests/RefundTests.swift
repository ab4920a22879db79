import CreditDomain
import Testing

@Suite("Refunds")
struct RefundTests {
    @Test("a refund returns the credits to the grants they came from")
    func returns() throws {
        var account = Account()
        try account.grant(2, priority: 1)
        try account.grant(2, priority: 2)
        try account.debit("a", 3)
        let events = try account.refund("a")
        #expect(events == [.refunded(Refunded(debit: "a", units: 3, allocations: [.of(1, 2), .of(2, 1)]))])
        #expect(account.state.grants.map(\.remaining) == [2, 2])
        #expect(account.state.totals == AccountTotals(granted: 4, debited: 3, refunded: 3, expired: 0))
    }

    @Test("a debit is refunded once at most")
    func once() throws {
        var account = Account()
        try account.grant(5)
        try account.debit("a", 2)
        try account.debit("b", 2)
        try account.refund("a")
        #expect(throws: CreditError.alreadyRefunded) { try account.refund("a") }
        #expect(account.state.available(at: .start) == 3)
    }

    @Test("what a capture took can be refunded too")
    func ofCapture() throws {
        var account = Account()
        try account.grant(5)
        try account.hold("cart", 4)
        try account.debit("a", 3, hold: "cart")
        try account.refund("a")
        #expect(account.state.available(at: .start) == 5)
    }

    @Test(
        "a debit the account cannot have paid is refused",
        arguments: [
            Debit(id: "x", units: 3, allocations: [.of(1, 3)], isRefunded: false),
            Debit(id: "x", units: 1, allocations: [.of(2, 1)], isRefunded: false),
            Debit(id: "x", units: 1, allocations: [.of(9, 1)], isRefunded: false),
            Debit(id: "x", units: 1, allocations: [.of(0, 1)], isRefunded: false),
            Debit(id: "x", units: 1, allocations: [], isRefunded: false),
            Debit(id: "x", units: 0, allocations: [], isRefunded: false),
            Debit(id: "x", units: 2, allocations: [.of(1, 1)], isRefunded: false),
            Debit(id: "x", units: 2, allocations: [.of(1, 1), .of(1, 1)], isRefunded: false),
            Debit(id: "x", units: -1, allocations: [.of(1, -1)], isRefunded: false),
            Debit(id: "x", units: 0, allocations: [.of(1, Credits(.max)), .of(2, Credits(.max))], isRefunded: false),
        ])
    func strangers(debit: Debit) throws {
        var account = Account()
        try account.grant(5, priority: 1)
        try account.grant(5, priority: 2)
        try account.debit("a", 2)
        let before = account.state
        #expect(throws: CreditError.unknownDebit) { try account.run(.refund(debit)) }
        #expect(account.state == before)
    }
}

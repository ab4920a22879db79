import CreditDomain
import Testing

@Suite("Holds")
struct HoldTests {
    @Test("a hold sets credits aside: they stay on the account and are not available")
    func reserves() throws {
        var account = Account()
        try account.grant(10)
        let events = try account.hold("cart", 4, seconds: 60)
        let placed = HoldPlaced(hold: "cart", units: 4, allocations: [.of(1, 4)], expiresAt: .after(60))
        #expect(events == [.held(placed)])
        #expect(account.state.posted(at: .start) == 10)
        #expect(account.state.held(at: .start) == 4)
        #expect(account.state.available(at: .start) == 6)
        #expect(account.state.hold("cart")?.allocations == [.of(1, 4)])
        #expect(throws: CreditError.insufficientCredits(available: 6)) { try account.debit("a", 7) }
    }

    @Test("capturing less than the hold frees the rest by the same event")
    func partialCapture() throws {
        var account = Account()
        try account.grant(3, priority: 1)
        try account.grant(3, priority: 2)
        try account.hold("cart", 5)
        let events = try account.debit("a", 4, hold: "cart")
        #expect(events == [.debited(Debited(debit: "a", units: 4, allocations: [.of(1, 3), .of(2, 1)], hold: "cart"))])
        #expect(account.state.held(at: .start) == 0)
        #expect(account.state.available(at: .start) == 2)
    }

    @Test("capturing more than the hold is refused, even when more is available")
    func tooSmall() throws {
        var account = Account()
        try account.grant(10)
        try account.hold("cart", 2)
        #expect(throws: CreditError.holdTooSmall) { try account.debit("a", 3, hold: "cart") }
        #expect(account.state.held(at: .start) == 2)
    }

    @Test("a hold ends exactly once, however it ends", arguments: ["voided", "captured", "expired"])
    func endsOnce(how: String) throws {
        var account = Account()
        try account.grant(10)
        try account.hold("cart", 2, seconds: 60)
        switch how {
        case "voided": #expect(try account.run(.voidHold("cart")) == [.holdVoided("cart")])
        case "captured": try account.debit("a", 2, hold: "cart")
        default: #expect(try account.run(.settle, at: .after(60)) == [.holdExpired("cart")])
        }
        #expect(account.state.holds == [])
        #expect(throws: CreditError.unknownHold) { try account.run(.voidHold("cart"), at: .after(60)) }
        #expect(throws: CreditError.unknownHold) { try account.debit("b", 1, hold: "cart", at: .after(60)) }
        #expect(try account.run(.settle, at: .after(120)) == [])
        #expect(account.state.available(at: .after(60)) == (how == "captured" ? 8 : 10))
    }

    @Test("a hold serves until the instant it expires, and not at that instant")
    func exactExpiry() throws {
        var account = Account()
        try account.grant(2)
        try account.hold("cart", 2, seconds: 60)
        let last = Timestamp.after(60).justBefore
        #expect(account.state.available(at: last) == 0)
        #expect(account.state.available(at: .after(60)) == 2)
        var late = account
        #expect(throws: CreditError.unknownHold) { try late.debit("a", 2, hold: "cart", at: .after(60)) }
        #expect(late.state == account.state, "the refusal does not record that the hold expired")
        #expect(try late.debit("a", 2, at: .after(60)).first == .holdExpired("cart"))
        try account.debit("a", 2, hold: "cart", at: last)
        #expect(account.state.balance == 0)
    }

    @Test("holds that are due end in the order of their expiry, then of their names")
    func expireInOrder() throws {
        var account = Account()
        try account.grant(10)
        try account.hold("c", 1, seconds: 20)
        try account.hold("b", 1, seconds: 10)
        try account.hold("a", 1, seconds: 20)
        try account.hold("d", 1, seconds: 30)
        let events = try account.run(.settle, at: .after(20))
        #expect(events == [.holdExpired("b"), .holdExpired("a"), .holdExpired("c")])
        #expect(account.state.holds.map(\.id) == ["d"])
    }

    @Test("two open holds cannot share a name, but an expired one is out of the way")
    func names() throws {
        var account = Account()
        try account.grant(10)
        try account.hold("cart", 1, seconds: 10)
        #expect(throws: CreditError.holdExists) { try account.hold("cart", 1) }
        let events = try account.hold("cart", 2, seconds: 10, at: .after(10))
        let placed = HoldPlaced(hold: "cart", units: 2, allocations: [.of(1, 2)], expiresAt: .after(20))
        #expect(events == [.holdExpired("cart"), .held(placed)])
    }
}

import CreditDomain
import Testing

@Suite("Grants")
struct GrantTests {
    @Test("grants are numbered in the order they are given, and take effect now unless told otherwise")
    func numbering() throws {
        var account = Account()
        let request = GrantRequest(source: .subscription, reference: "sub-2026-01", units: 100)
        let granted = Granted(
            number: 1, source: .subscription, reference: "sub-2026-01", units: 100,
            priority: GrantRequest.defaultPriority, effectiveAt: .after(7), expiresAt: nil)
        #expect(try account.run(.grant(request), at: .after(7)) == [.granted(granted)])
        #expect(try account.grant(5) == 2)
        #expect(account.state.grant(1)?.units == 100)
        #expect(account.state.grant(3) == nil)
        #expect(account.state.grant(0) == nil)
    }

    @Test("a reference is used once for ever, whatever became of its grant")
    func references() throws {
        var account = Account()
        let request = GrantRequest(source: .purchase, reference: "in_1", units: 1, expiresAt: .after(10))
        try account.run(.grant(request))
        try account.run(.settle, at: .after(10))
        let again = GrantRequest(source: .manual, reference: "in_1", units: 2)
        #expect(throws: CreditError.duplicateReference) { try account.run(.grant(again), at: .after(10)) }
        let other = GrantRequest(source: .manual, reference: "in_2", units: 2)
        try account.run(.grant(other), at: .after(10))
        #expect(account.state.grants.map(\.reference) == ["in_1", "in_2"])
    }

    @Test(
        "an expiry is after now and after the grant takes effect",
        arguments: [
            (nil, Timestamp.start, CreditError.expiryNotInFuture),
            (nil, Timestamp.after(-1), .expiryNotInFuture),
            (Timestamp.after(-20), Timestamp.after(-10), .expiryNotInFuture),
            (Timestamp.after(10), Timestamp.after(10), .expiryBeforeEffective),
            (Timestamp.after(10), Timestamp.after(10).justBefore, .expiryBeforeEffective),
        ])
    func expiries(effective: Timestamp?, expires: Timestamp, error: CreditError) throws {
        var account = Account()
        #expect(throws: error) { try account.grant(1, effective: effective, expires: expires) }
        #expect(account.state == AccountState())
    }

    @Test("the shortest grant lives one microsecond")
    func shortest() throws {
        var account = Account()
        let last = Timestamp(microseconds: Timestamp.start.microseconds + 1)
        try account.grant(1, expires: last)
        #expect(account.state.available(at: .start) == 1)
        #expect(account.state.available(at: last) == 0)
    }
}

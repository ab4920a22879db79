import CreditDomain
import Testing

@Suite("Snapshots")
struct SnapshotTests {
    @Test("a snapshot restores to the same state")
    func restores() throws {
        let state = try Self.sample().state
        let restored = try AccountState(grants: state.grants, holds: state.holds, totals: state.totals)
        #expect(restored == state)
        #expect(restored.grant(1)?.reserved == 3)
        #expect(try AccountState(grants: [], holds: [], totals: .zero) == AccountState())
    }

    @Test("a grant's reserved part comes from the holds, whatever the snapshot's grants say")
    func reservedIsDerived() throws {
        let state = try Self.sample().state
        let totals = state.totals
        let withoutHolds = try AccountState(grants: state.grants, holds: [], totals: totals)
        #expect(withoutHolds.grants.allSatisfy { $0.reserved == 0 })
    }

    @Test("totals that are not the sums are refused")
    func totals() throws {
        let state = try Self.sample().state
        let sums = state.totals
        let others = [
            AccountTotals(granted: 11, debited: sums.debited, refunded: sums.refunded, expired: sums.expired),
            AccountTotals(granted: sums.granted, debited: .max, refunded: sums.refunded, expired: sums.expired),
            AccountTotals(granted: sums.granted, debited: sums.debited, refunded: -1, expired: sums.expired),
            AccountTotals(granted: sums.granted, debited: sums.debited, refunded: sums.refunded, expired: 1),
        ]
        for totals in others {
            expectCorrupt(state.grants, state.holds, totals)
        }
    }

    @Test(
        "a grant whose amounts do not add up is refused",
        arguments: [
            // units, remaining, debited, refunded, expired
            [10, 9, 0, 0, 0], [10, 11, 0, 0, 0], [0, 0, 0, 0, 0], [-1, -1, 0, 0, 0], [10, -1, 11, 0, 0],
            [10, 10, 1, 0, -1], [10, 11, 0, 1, 0], [10, 9, 2, 1, 1], [10, 10, -1, -1, 0],
            [1, .max, .max, 0, 0], [1, .max, .min, .max, .min], [.max, .max, .max, 0, .max],
            [.min, .min, .max, .min, .max], [1, 0, .max, 0, 0],
        ] as [[Int64]])
    func amounts(amounts: [Int64]) {
        let grant = Self.grant(amounts, expires: .after(9))
        let totals = AccountTotals(granted: amounts[0], debited: amounts[2], refunded: amounts[3], expired: amounts[4])
        expectCorrupt([grant], [], totals)
    }

    @Test("a grant without an expiry cannot have lapsed")
    func lapsedWithoutExpiry() throws {
        let totals = AccountTotals(granted: 10, debited: 0, refunded: 0, expired: 1)
        expectCorrupt([Self.grant([10, 9, 0, 0, 1], expires: nil)], [], totals)
        _ = try AccountState(grants: [Self.grant([10, 9, 0, 0, 1], expires: .after(1))], holds: [], totals: totals)
    }

    @Test("numbers without a gap, references that differ and a period are required")
    func terms() {
        let ten: [Int64] = [10, 10, 0, 0, 0]
        let lists: [[Grant]] = [
            [Self.grant(ten, number: 0)], [Self.grant(ten, number: 2)], [Self.grant(ten, number: .max)],
            [Self.grant(ten, number: 1), Self.grant(ten, number: 1, reference: "s")],
            [Self.grant(ten, number: 1), Self.grant(ten, number: 2)], [Self.grant(ten, reference: "")],
            [Self.grant(ten, expires: .start)],
        ]
        for grants in lists {
            let totals = AccountTotals(granted: Int64(grants.count) * 10, debited: 0, refunded: 0, expired: 0)
            expectCorrupt(grants, [], totals)
        }
    }

    @Test("sums that do not fit are refused")
    func overflow() {
        let most: [Int64] = [.max, .max, 0, 0, 0]
        let grants = [Self.grant(most, number: 1), Self.grant(most, number: 2, reference: "s")]
        expectCorrupt(grants, [], AccountTotals(granted: -2, debited: 0, refunded: 0, expired: 0))
    }

    @Test(
        "a hold that its grants cannot back is refused",
        arguments: [
            [], [.of(1, 11)], [.of(1, 0)], [.of(1, -5)], [.of(2, 5)], [.of(0, 5)], [.of(1, 2), .of(1, 3)],
            [.of(1, Credits(.max)), .of(1, Credits(.max))], [.of(1, 4)],
        ] as [[Allocation]])
    func holds(allocations: [Allocation]) {
        let grant = Self.grant([10, 10, 0, 0, 0])
        let totals = AccountTotals(granted: 10, debited: 0, refunded: 0, expired: 0)
        let hold = Hold(id: "h", units: 5, allocations: allocations, expiresAt: .after(60))
        expectCorrupt([grant], [hold], totals)
    }

    @Test("holds that reserve more than remains together, or share a name, are refused")
    func overlappingHolds() {
        let grant = Self.grant([10, 10, 0, 0, 0])
        let totals = AccountTotals(granted: 10, debited: 0, refunded: 0, expired: 0)
        let first = Hold(id: "a", units: 6, allocations: [.of(1, 6)], expiresAt: .after(60))
        let second = Hold(id: "b", units: 5, allocations: [.of(1, 5)], expiresAt: .after(60))
        let namesake = Hold(id: "a", units: 1, allocations: [.of(1, 1)], expiresAt: .after(60))
        expectCorrupt([grant], [first, second], totals)
        expectCorrupt([grant], [first, namesake], totals)
    }
}

extension SnapshotTests {
    private static func sample() throws -> Account {
        var account = Account()
        try account.grant(6, priority: 1, expires: .after(100))
        try account.grant(4, priority: 2)
        try account.debit("a", 2)
        try account.debit("b", 3)
        try account.refund("a")
        try account.hold("h", 2)
        try account.hold("g", 2)
        return account
    }

    private static func grant(
        _ amounts: [Int64], number: UInt32 = 1, reference: String = "r", expires: Timestamp? = nil
    ) -> Grant {
        Grant(
            number: GrantNumber(number), source: .manual, reference: reference, units: Credits(amounts[0]),
            remaining: Credits(amounts[1]), priority: 0, effectiveAt: .start, expiresAt: expires,
            debited: Credits(amounts[2]), refunded: Credits(amounts[3]), expired: Credits(amounts[4]))
    }

    private func expectCorrupt(
        _ grants: [Grant], _ holds: [Hold], _ totals: AccountTotals, _ location: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: CreditError.self, sourceLocation: location) {
            try AccountState(grants: grants, holds: holds, totals: totals)
        }
        guard case .corruptState = error else {
            Issue.record("\(String(describing: error))", sourceLocation: location)
            return
        }
    }
}

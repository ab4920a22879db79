import CreditDomain
import Testing

@Suite("Impossible events")
struct EvolveTests {
    /// Two grants (5, the first with an expiry), one open hold of 2 on the first, a debit of 1 from the first.
    private static func state() throws -> AccountState {
        var account = Account()
        try account.grant(5, priority: 1, expires: .after(100))
        try account.grant(5, priority: 2)
        try account.hold("h", 2)
        try account.debit("a", 1)
        return account.state
    }

    private static func granted(
        _ number: GrantNumber, units: Credits = 1, reference: String = "new", expires: Timestamp? = nil
    ) -> CreditEvent {
        .granted(
            Granted(
                number: number, source: .manual, reference: reference, units: units, priority: 0,
                effectiveAt: .start, expiresAt: expires))
    }

    private static func held(_ id: HoldID, _ units: Credits, _ allocations: [Allocation]) -> CreditEvent {
        .held(HoldPlaced(hold: id, units: units, allocations: allocations, expiresAt: .after(60)))
    }

    private static func debited(_ units: Credits, _ allocations: [Allocation], _ hold: HoldID? = nil) -> CreditEvent {
        .debited(Debited(debit: "b", units: units, allocations: allocations, hold: hold))
    }

    private static func refunded(_ units: Credits, _ allocations: [Allocation]) -> CreditEvent {
        .refunded(Refunded(debit: "a", units: units, allocations: allocations))
    }

    private static func checked(_ units: Credits, _ allowed: Bool, _ available: Credits, _ reason: CheckReason?)
        -> CreditEvent
    {
        .checked(Checked(units: units, allowed: allowed, available: available, held: 0, reason: reason))
    }

    static let impossible: [CreditEvent] = [
        granted(0), granted(2), granted(4), granted(.init(.max)), granted(3, units: 0), granted(3, units: -1),
        granted(3, units: Credits(.max)), granted(3, reference: ""), granted(3, reference: "invoice-1"),
        granted(3, expires: .start),

        held("h", 1, [.of(2, 1)]), held("n", 0, []), held("n", 1, []), held("n", 3, [.of(1, 3)]),
        held("n", 2, [.of(2, 1)]), held("n", 2, [.of(2, 1), .of(1, 1)]), held("n", 2, [.of(2, 1), .of(2, 1)]),
        held("n", -1, [.of(2, -1)]), held("n", 1, [.of(3, 1)]), held("n", 0, [.of(1, 1), .of(2, -1)]),

        .holdVoided("n"), .holdExpired("n"),

        debited(3, [.of(1, 3)]), debited(0, []), debited(1, []), debited(6, [.of(2, 6)]), debited(-1, [.of(1, -1)]),
        debited(2, [.of(2, 1), .of(1, 1)]), debited(1, [.of(0, 1)]), debited(-2, [.of(1, Credits(.max))]),
        debited(Credits(.max), [.of(2, Credits(.max))]), debited(1, [.of(1, 1)], "n"), debited(3, [.of(1, 3)], "h"),
        debited(1, [.of(2, 1)], "h"), debited(2, [.of(1, 1)], "h"), debited(0, [], "h"), debited(-1, [], "h"),

        refunded(2, [.of(1, 2)]), refunded(1, [.of(2, 1)]), refunded(1, []), refunded(0, []),
        refunded(-1, [.of(1, -1)]), refunded(2, [.of(1, 1), .of(1, 1)]), refunded(Credits(.max), [.of(1, 1)]),

        .grantExpired(1, 1), .grantExpired(1, 3), .grantExpired(1, 4), .grantExpired(1, 0), .grantExpired(1, -2),
        .grantExpired(2, 5), .grantExpired(3, 1), .grantExpired(0, 1),

        checked(0, true, 1, nil), checked(2, true, 1, nil), checked(1, false, 0, nil),
        checked(1, true, 0, .insufficientCredits), checked(1, false, 1, .insufficientCredits),
        checked(1, false, -1, .insufficientCredits),
    ]

    @Test("an event that cannot follow is refused and changes nothing", arguments: impossible)
    func refused(event: CreditEvent) throws {
        let before = try Self.state()
        var state = before
        let error = #expect(throws: CreditError.self) { try evolve(&state, event) }
        guard case .impossibleEvent = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(state == before)
    }

    @Test(
        "the nearest possible event is accepted",
        arguments: [
            granted(3), granted(3, expires: .after(1)), held("n", 2, [.of(1, 2)]),
            held("n", 3, [.of(1, 2), .of(2, 1)]),
            .holdVoided("h"), .holdExpired("h"), debited(2, [.of(1, 2)]), debited(5, [.of(2, 5)]),
            debited(2, [.of(1, 2)], "h"), debited(1, [.of(1, 1)], "h"), refunded(1, [.of(1, 1)]), .grantExpired(1, 2),
            checked(1, true, 1, nil), checked(2, false, 1, .insufficientCredits),
        ])
    func accepted(event: CreditEvent) throws {
        var state = try Self.state()
        try evolve(&state, event)
        let restored = try AccountState(grants: state.grants, holds: state.holds, totals: state.totals)
        #expect(restored == state)
    }
}

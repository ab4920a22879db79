import Billing
import BillingTesting
import CreditDomain
import EventStore
import Testing

@Suite("The snapshot of an account")
struct SnapshotTests {
    @Test("restores any state that commands lead to, and is written as the same bytes again", arguments: Seeds.fresh(4))
    func roundTrip(seed: UInt64) throws {
        print("seed \(seed)")
        var account = RandomAccount(seed: seed)
        for _ in 0..<150 {
            try account.step()
            let bytes = account.state.snapshot()
            let restored = try AccountState(snapshot: bytes)
            #expect(restored == account.state, "seed \(seed)")
            #expect(restored.snapshot() == bytes, "seed \(seed)")
            #expect(restored.dueAt == account.state.dueAt, "seed \(seed)")
        }
        #expect(account.state.grants.count > 5)
    }

    @Test("of an account nothing happened to is restored")
    func empty() throws {
        let bytes = AccountState().snapshot()
        #expect(try AccountState(snapshot: bytes) == AccountState())
        #expect(AccountState().dueAt == nil)
    }

    static let damages: [(from: String, to: String)] = [
        ("\"balance\":\"7\"", "\"balance\":\"8\""),
        ("\"balance\":\"7\"", "\"balance\":\"007\""),
        ("\"held\":\"2\"", "\"held\":\"0\""),
        ("\"held\":\"2\"", "\"other\":\"2\""),
        ("\"granted\":\"10\"", "\"granted\":\"11\""),
        ("\"debited\":\"3\",\"expired\":\"0\",\"granted\"", "\"debited\":\"2\",\"expired\":\"1\",\"granted\""),
        ("\"remaining\":\"7\"", "\"remaining\":\"8\""),
        ("\"remaining\":\"7\"", "\"remaining\":\"-7\""),
        ("\"units\":\"10\"", "\"units\":\"11\""),
        ("\"grant\":1,\"priority\"", "\"grant\":2,\"priority\""),
        ("\"priority\":100", "\"priority\":-1"),
        ("\"hold\":\"h\",\"units\":\"2\"", "\"hold\":\"h\",\"units\":\"1\""),
        ("\"grant\":1,\"units\":\"2\"", "\"grant\":2,\"units\":\"2\""),
        ("\"reference\":\"r\"", "\"reference\":\"\""),
        ("\"grants\":[", "\"grants\":[{},"),
        ("\"holds\":[", "\"hold\":["),
    ]

    @Test("is refused when anything in it was changed", arguments: damages)
    func tampered(from: String, to: String) throws {
        var account = RandomAccount(seed: 0)
        try account.run(.grant(GrantRequest(source: .purchase, reference: "r", units: Credits(10))))
        try account.run(.debit(id: DebitID("d"), units: Credits(3), hold: nil))
        try account.run(.hold(id: HoldID("h"), units: Credits(2), timeToLiveSeconds: 60))
        let text = String(decoding: account.state.snapshot(), as: UTF8.self)
        let damaged = text.replacing(from, with: to)
        try #require(damaged != text, "\(text)")
        #expect(throws: (any Error).self) { try AccountState(snapshot: Array(damaged.utf8)) }
    }

    @Test("is refused when it is no snapshot", arguments: ["", "null", "[]", "{}", "{\"balance\":\"0\"}"])
    func noSnapshot(text: String) {
        #expect(throws: (any Error).self) { try AccountState(snapshot: Array(text.utf8)) }
    }

    @Test("is due when its first hold ends or its first unreserved grant expires")
    func dueAt() throws {
        var account = RandomAccount(seed: 0)
        let start = account.now
        func after(_ seconds: Int64) throws -> Timestamp { try start.adding(seconds: seconds) }
        try account.run(
            .grant(
                GrantRequest(source: .purchase, reference: "a", units: Credits(5), expiresAt: try after(1_000))))
        #expect(account.state.dueAt?.microseconds == (try after(1_000)).microseconds)
        try account.run(.hold(id: HoldID("h"), units: Credits(5), timeToLiveSeconds: 2_000))
        #expect(account.state.dueAt?.microseconds == (try after(2_000)).microseconds, "all of the grant is reserved")
        try account.run(.grant(GrantRequest(source: .purchase, reference: "b", units: Credits(5))))
        try account.run(.hold(id: HoldID("i"), units: Credits(1), timeToLiveSeconds: 10))
        #expect(account.state.dueAt?.microseconds == (try after(10)).microseconds)
    }
}

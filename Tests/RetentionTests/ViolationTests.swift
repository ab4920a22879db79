import Billing
import BillingTesting
import CanonicalJSON
import CreditDomain
import EventStore
import Foundation
import Postgres
import Retention
import RetentionTesting
import Testing
import Verification

@Suite("Verification of what is gone", .serialized, .timeLimit(.minutes(10)))
struct ViolationTests {
    private static let start = CivilDay("2024-01-10")!.start
    private static let sweep = StreamKey(.system, Streams.sweep)

    /// A log after a good sweep, with usage left that may not go.
    private static func with(
        _ body: @Sendable (Bench, Client) async throws -> Void
    ) async throws {
        try await Bench.with(start: start) { bench in
            try await bench.adopt()
            let client = Client(bench)
            try await client.grant(100)
            try await client.check()
            try await client.capture()
            try await bench.fillBundle(client)
            bench.clock.advance(seconds: 100 * 86_400)
            for _ in 0..<3 { try await client.check() }
            try await bench.fillBundle(client)
            try await bench.sweep()
            #expect(try await bench.verify().isGood)
            try await body(bench, client)
        }
    }

    private static func expect(_ reason: String, _ bench: Bench, sourceLocation: SourceLocation = #_sourceLocation)
        async throws
    {
        let report = try await bench.verify()
        #expect(
            report.findings.kept.contains { $0.reason.contains(reason) }, "\(report.findings.kept)",
            sourceLocation: sourceLocation)
        #expect(report.checkpoint == nil, sourceLocation: sourceLocation)
    }

    /// A certificate by whoever has the log's key and the gateway's role, and rows destroyed by a superuser.
    private static func forge(
        _ bench: Bench, of name: String = "usage", offset: Int = 0,
        change: @Sendable (inout JSONObject) -> Void = { _ in }
    ) async throws {
        let chosen = try await bench.number(
            "SELECT position FROM zentriq.events WHERE class = '\(name)' ORDER BY position OFFSET \(offset) LIMIT 1")
        let row = try await bench.number("SELECT position FROM zentriq.events WHERE type = 'retention.policy_adopted'")
        let entry = try #require(
            try await bench.projectorReader.all(from: LogPosition(chosen), limit: 1).first
        ).commitment
        var certificate: JSONObject = [
            "basis": .string("policy"), "bits": .string("gA=="), "class": .string(name), "count": .string("1"),
            "cutoff": .string(CivilDay(of: bench.clock.now).adding(days: -90).start.text),
            "first": .string(String(chosen)), "policy": .string(String(row)),
            "root": .string(MerkleTreeRoot.of(entry)),
        ]
        change(&certificate)
        _ = try await bench.plant(
            NewEvent(EventCatalog.swept, data: JSONValue.object(certificate).canonicalBytes()), in: sweep)
        try await bench.asSuperuser(("DELETE FROM zentriq.events WHERE position = $1", [.int8(chosen)]))
    }

    @Test("finds a row that is missing and not certified")
    func missing() async throws {
        try await Self.with { bench, _ in
            try await bench.asSuperuser(
                (
                    "DELETE FROM zentriq.events WHERE position = (SELECT min(position) FROM zentriq.events WHERE class = 'usage')",
                    []
                ))
            try await Self.expect("the event is missing", bench)
        }
    }

    @Test("finds a certified row that is there")
    func alive() async throws {
        try await Self.with { bench, _ in
            try await bench.asSuperuser(
                (
                    """
                    INSERT INTO zentriq.events SELECT log_id, (SELECT min(first_position) FROM zentriq.erasures),
                        recorded_at, 1, tenant_id, event_id, actor, request_id, schema_version, class, stream_id,
                        type, salt, commitment, data, key_id
                    FROM zentriq.events WHERE class = 'usage' ORDER BY position LIMIT 1
                    """, []
                ))
            try await Self.expect("is there, and certified to be gone", bench)
        }
    }

    @Test("finds a certificate for what was recorded after its cutoff")
    func tooYoung() async throws {
        try await Self.with { bench, _ in
            // The event before it tells the earliest that it can have been recorded.
            try await Self.forge(bench, offset: 1)
            try await Self.expect("recorded after its cutoff", bench)
        }
    }

    @Test("finds a certificate whose cutoff the policy does not allow")
    func cutoff() async throws {
        try await Self.with { bench, _ in
            let now = bench.clock.now.text
            try await Self.forge(bench) { $0["cutoff"] = .string(now) }
            try await Self.expect("were to be kept", bench)
        }
    }

    @Test("finds a certificate that rests on another policy than the one in force")
    func policy() async throws {
        try await Self.with { bench, _ in
            try await Self.forge(bench) { $0["policy"] = .string("1") }
            try await Self.expect("not the one in force", bench)
        }
    }

    @Test("finds a certificate for a class that the policy keeps")
    func kept() async throws {
        try await Self.with { bench, _ in
            try await Self.forge(bench) { $0["class"] = .string("system") }
            try await Self.expect("lets no event of the class system go", bench)
        }
    }

    @Test("finds a certificate for another class than that of the events")
    func otherClass() async throws {
        try await Self.with { bench, _ in
            try await Self.forge(bench) { $0["class"] = .string("error") }
            try await Self.expect("of the class error are certified to be gone, its streams lack 0", bench)
        }
    }

    @Test("finds a wrong root, and a wrong count")
    func rootAndCount() async throws {
        try await Self.with { bench, _ in
            try await Self.forge(bench) { $0["root"] = .string("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=") }
            try await Self.expect("root is not that of the entries", bench)
        }
        try await Self.with { bench, _ in
            try await Self.forge(bench) { $0["count"] = .string("2") }
            try await Self.expect("names 1 events, not 2", bench)
        }
    }

    @Test("finds a certificate for events that come after it, and one for events that another one names")
    func otherPositions() async throws {
        try await Self.with { bench, _ in
            let beyond = String(try await bench.size() + 100)
            try await Self.forge(bench) { $0["first"] = .string(beyond) }
            try await Self.expect("names events that come after it", bench)
        }
        try await Self.with { bench, _ in
            let first = String(try await bench.number("SELECT min(first_position) FROM zentriq.erasures"))
            try await Self.forge(bench) { $0["first"] = .string(first) }
            try await Self.expect("names events that another one names", bench)
        }
    }

    @Test("finds an account whose oldest event went without its balance carried forward")
    func notCarried() async throws {
        try await Self.with { bench, _ in
            try await Self.forge(bench, of: "billing") { $0["cutoff"] = .string("2010-01-01T00:00:00.000000Z") }
            try await Self.expect("was not carried forward", bench)
        }
    }

    @Test("finds a balance that is carried forward otherwise than it was")
    func carriedOtherwise() async throws {
        try await Self.with { bench, client in
            var state = AccountState()
            let events = try await client.movements()
            try evolve(&state, try #require(events.first))
            let carried = CarriedBalance(version: StreamVersion(1), through: LogPosition(0), state: AccountState())
            _ = try await bench.plant(
                carried.newEvent, in: StreamKey(client.tenant, Streams.carry(client.product)))
            try await Self.forge(bench, of: "billing") { $0["cutoff"] = .string("2010-01-01T00:00:00.000000Z") }
            #expect(state != carried.state)
            let report = try await bench.verify()
            #expect(report.findings.kept.contains { $0.position != nil }, "\(report.findings.kept)")
            #expect(!report.isGood)
        }
    }

    @Test("finds a policy that may not be one, and the release of a hold that nobody placed")
    func registers() async throws {
        try await Self.with { bench, _ in
            let shipped = String(decoding: try Bench.shippedPolicy().bytes, as: UTF8.self)
            let shorter = shipped.replacing("P7Y", with: "P6Y").replacing("\"version\":1", with: "\"version\":2")
            _ = try await bench.plant(
                NewEvent(EventCatalog.policyAdopted, data: Array(shorter.utf8)),
                in: StreamKey(.system, Streams.policy))
            try await Self.expect("the policy may not be one: billing: P6Y is below the legal minimum P7Y", bench)
        }
        try await Self.with { bench, _ in
            let release = try HoldRelease(hold: UUID(), reason: "x", releasedBy: "x")
            _ = try await bench.plant(release.newEvent, in: StreamKey(.system, Streams.hold))
            try await Self.expect("a hold is released that is not in force", bench)
        }
    }

    @Test("finds what went under a hold, of a tenant and of a class", arguments: [true, false])
    func held(ofTenant: Bool) async throws {
        try await Self.with { bench, client in
            var scope = LegalHold.Scope()
            if ofTenant { scope.tenant = client.tenant } else { scope.retention = .usage }
            _ = try await bench.place(scope)
            try await Self.forge(bench)
            try await Self.expect(ofTenant ? "version" : "a legal hold covers", bench)
        }
    }
}

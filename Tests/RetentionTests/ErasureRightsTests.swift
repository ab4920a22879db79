import AuditLog
import Billing
import BillingTesting
import EventStore
import Foundation
import Postgres
import PostgresTesting
import Retention
import RetentionTesting
import Testing

@Suite("Nobody but a certified sweep destroys events", .serialized, .timeLimit(.minutes(10)))
struct ErasureRightsTests {
    private static let start = CivilDay("2024-01-10")!.start

    private static func expectRefused(
        _ sql: String, as role: TestDatabase.Role, _ bench: Bench, _ states: Set<String>,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try await bench.number("SELECT count(*) FROM zentriq.events")
        let connection = try await bench.database.connect(role: role)
        do {
            try await connection.script("BEGIN; \(sql); COMMIT")
            Issue.record("not refused: \(sql)", sourceLocation: sourceLocation)
        } catch {
            #expect(error.sqlState.map(states.contains) == true, "\(error)", sourceLocation: sourceLocation)
        }
        await connection.close()
        #expect(try await bench.number("SELECT count(*) FROM zentriq.events") == before, sourceLocation: sourceLocation)
    }

    @Test("not the owner with a marker, not the role of retention without the certificate's append")
    func refused() async throws {
        try await Bench.with(start: Self.start) { bench in
            try await bench.adopt()
            let client = Client(bench)
            try await client.check()
            try await bench.fillBundle(client)
            bench.clock.advance(seconds: 100 * 86_400)
            let destroy = "SELECT zentriq.destroy_rows(1, 'usage', '\(bench.clock.now.text)', 'infinity', 0, 10)"
            try await Self.expectRefused(destroy, as: .retention, bench, ["23000"])
            // From then on all of January may go.
            bench.clock.advance(seconds: 40 * 86_400)
            try await Self.expectRefused(
                "SELECT zentriq.certify_partition(1, 'usage', '\(bench.clock.now.text)', 'infinity')", as: .retention,
                bench, ["23000"])
            for role in [TestDatabase.Role.gateway, .projector, .auditor] {
                try await Self.expectRefused(destroy, as: role, bench, ["42501"])
            }
            try await Self.expectRefused("DELETE FROM zentriq.events", as: .owner, bench, ["42501"])
            try await Self.expectRefused("DELETE FROM zentriq.events", as: .retention, bench, ["42501"])
            try await Self.expectRefused("DELETE FROM zentriq.erasures", as: .retention, bench, ["42501"])
            try await Self.expectRefused(
                """
                INSERT INTO zentriq.erasures (log_id, ordinal, class, evaluated_at, policy_version, hold_version,
                    first_position, last_position, count, carries, certificate)
                VALUES (1, 1, 'usage', now(), 1, 0, 0, 1000, 1, '{}', '\\x00');
                DELETE FROM zentriq.events WHERE class = 'usage'
                """, as: .owner, bench, ["23000"])
        }
    }

    @Test("nothing goes before its time, whatever time the sweep claims")
    func future() async throws {
        try await Bench.with { bench in
            try await bench.adopt()
            let client = Client(bench)
            try await client.check()
            try await bench.fillBundle(client)
            bench.clock.advance(seconds: 100 * 86_400)
            await #expect(throws: PostgresError.self) { try await bench.sweep() }
            #expect(try await bench.number("SELECT count(*) FROM zentriq.erasures") == 0)
        }
    }

    @Test("nothing goes whose entry the tree has not kept")
    func tiles() async throws {
        try await Bench.with(start: Self.start) { bench in
            try await bench.adopt()
            let client = Client(bench)
            for _ in 0..<20 { try await client.check() }
            bench.clock.advance(seconds: 100 * 86_400)
            #expect(try await bench.sweep().total == 0)
        }
    }

    @Test("nothing goes of what the log says of itself, whatever policy somebody has written into the log")
    func systemClass() async throws {
        try await Bench.with(start: Self.start) { bench in
            let policy = """
                {"rules":[{"action":"erase","class":"system","maximum":"P1D","trigger":"recorded"},\
                {"action":"erase","class":"usage","maximum":"P1D","trigger":"recorded"}]}
                """
            _ = try await bench.plant(
                NewEvent(EventCatalog.policyAdopted, data: Array(policy.utf8)), in: StreamKey(.system, Streams.policy))
            try await bench.fillBundle(Client(bench))
            bench.clock.advance(seconds: 10 * 86_400)
            #expect(try await bench.sweep().erased.keys.elementsEqual([.usage]))
            #expect(try await bench.number("SELECT count(*) FROM zentriq.events WHERE class = 'system'") > 0)
        }
    }

    @Test("nothing goes before what the law demands, whatever policy somebody has written into the log")
    func legalMinimum() async throws {
        try await Bench.with(start: Self.start) { bench in
            let shipped = String(decoding: try Bench.shippedPolicy().bytes, as: UTF8.self)
            let shorter = shipped.replacing("P7Y", with: "P1D").replacing("P12M", with: "P1D")
            _ = try await bench.plant(
                NewEvent(EventCatalog.policyAdopted, data: Array(shorter.utf8)),
                in: StreamKey(.system, Streams.policy))
            let client = Client(bench)
            try await client.grant(5)
            try await client.capture()
            try await bench.fillBundle(client)
            bench.clock.advance(seconds: 10 * 86_400)
            #expect(try await bench.sweep().erased == [.capture: 1])
        }
    }
}

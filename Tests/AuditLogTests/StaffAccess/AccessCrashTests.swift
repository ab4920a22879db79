import Billing
import BillingTesting
import EventStore
import Foundation
import Postgres
import PostgresTesting
import Testing

@testable import AuditLog

@Suite("Access of staff after a crash", .timeLimit(.minutes(10)))
struct AccessCrashTests {
    @Test(
        "an end that stopped after any step is brought to its end by whoever comes next",
        arguments: 0...RoleEnd.allCases.count)
    func end(steps: Int) async throws {
        try await StaffBench.with { staff, people in
            let id = try await staff.granted(people)
            let credentials = try await staff.opened(id, people)
            let connection = try await staff.logIn(credentials)
            staff.bench.clock.advance(seconds: 30 * 60)
            for step in RoleEnd.allCases.prefix(steps) {
                while try await !staff.database.carryOut(step, of: credentials.role) {}
            }
            try await staff.freshEnder().run()
            try await staff.freshEnder().run()
            #expect(try await staff.database.roles().isEmpty)
            #expect(try await staff.row(id)?.state == .ended)
            #expect(try await staff.events(id).filter { $0 == "access.ended" }.count == 1)
            await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1::int8") }
            await connection.close()
        }
    }

    @Test("after the first step nobody logs in, after the second nobody is logged in, and so on")
    func order() async throws {
        try await StaffBench.with { staff, people in
            let credentials = try await staff.opened(try await staff.granted(people), people)
            let connection = try await staff.logIn(credentials)
            let role = credentials.role
            await #expect(throws: PostgresError.self, "somebody is logged in") {
                _ = try await staff.database.carryOut(.drop, of: role)
            }
            #expect(try await staff.database.carryOut(.close, of: role))
            await #expect(throws: PostgresError.self) { _ = try await staff.logIn(credentials) }
            #expect(try await connection.query("SELECT 1::int8").only().int64(0) == 1)
            #expect(try await !staff.database.carryOut(.verify, of: role))
            while try await !staff.database.carryOut(.terminate, of: role) {}
            await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1::int8") }
            await #expect(throws: PostgresError.self, "it still has rights") {
                _ = try await staff.database.carryOut(.drop, of: role)
            }
            #expect(try await staff.database.carryOut(.revoke, of: role))
            #expect(try await staff.database.carryOut(.drop, of: role))
            #expect(try await staff.database.carryOut(.verify, of: role))
            await connection.close()
        }
    }

    @Test("an event that the database had not taken in yet is taken in", arguments: 1...4)
    func lostNotes(events: Int) async throws {
        try await StaffBench.with { staff, people in
            let request = try StaffBench.request(minutes: 10)
            let (id, role) = (UUID(), try await staff.database.newRoleName())
            let end = staff.bench.clock.now.adding(seconds: 600)
            let (own, other) = (people[0].member.id, people[1].member.id)
            let history: [(StaffEvent, UUID)] = [
                (.requested(request), own),
                (.granted(AccessGrant(request, requestedBy: own, expiresAt: end, role: role)), other),
                (.opened(role: role), own), (.revoked, other),
            ]
            for (event, member) in history.prefix(events) {
                try await staff.ledger.append([event], to: Streams.staffAccess(id), after: nil, by: member)
            }
            try await staff.freshEnder().run()
            let expected: [AccessRow.State] = [.requested, .granted, .granted, .ended]
            #expect(try await staff.row(id)?.state == expected[events - 1])
            if events == 1 { try await staff.desk.approve(id, by: 2, code: staff.code(people[1])) }
            if events < 4 { _ = try await staff.opened(id, people) }
        }
    }

    @Test("after a restore all accesses end, whether or not their roles are in the server, and whoever is in them goes")
    func restored() async throws {
        try await StaffBench.with { staff, people in
            let (here, missing) = (try await staff.granted(people), try await staff.granted(people))
            let connection = try await staff.logIn(try await staff.opened(here, people))
            let other = try await staff.opened(missing, people)
            #expect(try await staff.ender.remove(roleNamed: other.role))
            #expect(try await staff.freshEnder().endAll() == 2)
            #expect(try await staff.database.roles().isEmpty)
            for id in [here, missing] { #expect(try await staff.row(id)?.state == .ended) }
            await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1::int8") }
            await expectStaffRefusal { _ = try await staff.opened(missing, people) }
            #expect(try await staff.freshEnder().endAll() == 0)
            await connection.close()
        }
    }

    @Test("a role that no grant explains goes, with whoever is in it, and is recorded")
    func orphan() async throws {
        try await StaffBench.with { staff, people in
            let credentials = try await staff.opened(try await staff.granted(people), people)
            let connection = try await staff.logIn(credentials)
            try await staff.bench.asSuperuser(("UPDATE zentriq.staff_accesses SET state = 'denied'", []))
            try await staff.freshEnder().run()
            #expect(try await staff.database.roles().isEmpty)
            #expect(try await staff.rosterEvents().last == "staff.role_removed")
            await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1::int8") }
            await connection.close()
        }
    }

    @Test("what has not ended can't be swept away from under it, and goes with its events")
    func swept() async throws {
        try await StaffBench.with { staff, people in
            let id = try await staff.granted(people)
            try await staff.desk.revoke(id, by: 2, code: staff.code(people[1]))
            try await staff.ender.run()
            #expect(try await staff.row(id)?.state == .ended)
            let connection = try await staff.bench.database.connect(role: .superuser)
            // As a sweep does it: the rows, and what certifies them.
            try await connection.script(
                """
                BEGIN;
                SET LOCAL session_replication_role = replica;
                DELETE FROM zentriq.events WHERE stream_id = 'staff-\(id.lowercaseText)';
                SET LOCAL session_replication_role = origin;
                ALTER TABLE zentriq.erasures DISABLE TRIGGER USER;
                ALTER TABLE zentriq.erasures ENABLE TRIGGER forget_accesses;
                INSERT INTO zentriq.erasures (log_id, ordinal, class, evaluated_at, policy_version, hold_version,
                    first_position, last_position, count, carries, certificate)
                VALUES (1, 1, 'access', now(), 0, 0, 0, 9, 1, '{}', '');
                COMMIT;
                """)
            await connection.close()
            #expect(try await staff.row(id) == nil)
        }
    }
}

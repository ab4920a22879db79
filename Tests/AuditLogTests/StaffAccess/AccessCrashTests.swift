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

    @Test("a role whose time is over by the database's clock, and not by the service's, is no intrusion")
    func clocks() async throws {
        try await StaffBench.with { staff, people in
            let id = try await staff.granted(people)
            _ = try await staff.opened(id, people)
            try await staff.bench.asSuperuser(
                ("UPDATE zentriq.staff_accesses SET expires_at = $1", [.timestamptz(microsecondsSinceUnixEpoch: 0)]))
            #expect(try await staff.database.roles().map(\.isExplained) == [false])
            try await staff.ender.run()
            #expect(try await staff.rosterEvents() == ["staff.enrolled", "staff.enrolled"])
            staff.bench.clock.advance(seconds: 30 * 60)
            for _ in 0..<2 { try await staff.ender.run() }
            #expect(try await staff.database.roles().isEmpty)
            #expect(try await staff.row(id)?.endReason == "expired")
            #expect(try await staff.rosterEvents() == ["staff.enrolled", "staff.enrolled"])
        }
    }

    @Test("a role that can't be dropped is recorded once, and goes when it can be")
    func stuck() async throws {
        try await StaffBench.with { staff, _ in
            let role = try await staff.database.newRoleName()
            let superuser = try await staff.bench.database.connect(role: .superuser)
            try await superuser.script("CREATE ROLE \(role); CREATE SCHEMA stuck AUTHORIZATION \(role)")
            for _ in 0..<3 { try await staff.ender.run() }
            #expect(try await staff.database.roles().map(\.name) == [role])
            #expect(try await staff.rosterEvents().count { $0 == "staff.role_removed" } == 1)
            try await superuser.script("DROP SCHEMA stuck")
            for _ in 0..<2 { try await staff.ender.run() }
            #expect(try await staff.database.roles().isEmpty)
            #expect(try await staff.rosterEvents().count { $0 == "staff.role_removed" } == 1)
            await superuser.close()
        }
    }

    @Test("an event that can't be taken in for now is not lost, and keeps no access from ending")
    func passing() async throws {
        try await StaffBench.with { staff, people in
            let over = try await staff.granted(people)
            _ = try await staff.opened(over, people)
            let id = UUID()
            try await staff.ledger.append(
                [.requested(try StaffBench.request())], to: Streams.staffAccess(id), after: nil,
                by: people[0].member.id)
            staff.bench.clock.advance(seconds: 30 * 60)
            let function = "FUNCTION zentriq.note_access(integer, bigint)"
            try await staff.bench.asSuperuser((Statement("REVOKE EXECUTE ON \(function) FROM zentriq_access"), []))
            try await staff.ender.run()
            #expect(try await staff.database.roles().isEmpty)
            #expect(try await staff.row(id) == nil)
            try await staff.bench.asSuperuser((Statement("GRANT EXECUTE ON \(function) TO zentriq_access"), []))
            try await staff.ender.run()
            #expect(try await staff.row(id)?.state == .requested)
            #expect(try await staff.row(over)?.state == .ended)
            #expect(try await staff.events(over).count { $0 == "access.ended" } == 1)
        }
    }

    @Test("an event that never can be taken in is passed over")
    func nonsense() async throws {
        try await StaffBench.with { staff, people in
            // The beginning of it is missing.
            try await staff.ledger.append(
                [.denied], to: Streams.staffAccess(UUID()), after: nil, by: people[0].member.id)
            let id = UUID()
            try await staff.ledger.append(
                [.requested(try StaffBench.request())], to: Streams.staffAccess(id), after: nil,
                by: people[0].member.id)
            try await staff.ender.run()
            #expect(try await staff.row(id)?.state == .requested)
        }
    }

    @Test("a seat that a crash left taken is emptied, and whoever was seated there since stays")
    func unseated() async throws {
        try await StaffBench.with { staff, people in
            try await staff.ledger.append(
                [.removed(seat: 2, member: people[1].member.id)], to: Streams.staffRoster, after: nil,
                by: people[0].member.id)
            try await staff.ender.run()
            #expect(try await staff.desk.roster.entries().map(\.name) == ["Ada"])
            let codes = [staff.code(people[0]), people[0].recoveryCodes[0]]
            _ = try await staff.desk.roster.enrol(["Barbara"], algorithm: .sha1, codes: codes)
            try await staff.freshEnder().run()
            #expect(try await staff.desk.roster.entries().map(\.name) == ["Ada", "Barbara"])
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

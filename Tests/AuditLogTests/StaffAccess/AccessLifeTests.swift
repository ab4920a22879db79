import Billing
import BillingTesting
import EventStore
import Foundation
import LogTesting
import Logging
import Postgres
import PostgresTesting
import Retention
import Testing

@testable import AuditLog

@Suite("An access of staff", .timeLimit(.minutes(10)))
struct AccessLifeTests {
    @Test("is asked for by one, approved by the other, opened, over, and gone with its sessions")
    func life() async throws {
        try await StaffBench.with { staff, people in
            let id = try await staff.granted(people)
            let credentials = try await staff.opened(id, people)
            let connection = try await staff.logIn(credentials)
            let size = try await connection.query("SELECT size FROM heads").only().int64(0)
            #expect(size >= 5)
            #expect(try await connection.query("SHOW pgaudit.log").only().string(0) == "all")
            #expect(try await staff.row(id)?.state == .granted)

            try await staff.ender.run()
            #expect(try await connection.query("SELECT 1::int8").only().int64(0) == 1, "its time is not over")
            staff.bench.clock.advance(seconds: 30 * 60)
            try await staff.ender.run()
            await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1::int8") }
            await #expect(throws: PostgresError.self) { _ = try await staff.logIn(credentials) }
            #expect(try await staff.database.roles().isEmpty)
            #expect(try await staff.row(id)?.state == .ended)
            #expect(
                try await staff.events(id) == [
                    "access.requested", "access.granted", "access.opened", "access.ended",
                ])
            await connection.close()
        }
    }

    @Test("nobody approves their own, nor decides twice, nor what is old")
    func refusals() async throws {
        try await StaffBench.with { staff, people in
            let desk = staff.desk
            let id = try await desk.request(try StaffBench.request(), by: 1, code: staff.code(people[0]))
            await expectStaffRefusal(.refused("nobody approves their own request")) {
                try await desk.approve(id, by: 1, code: staff.code(people[0]))
            }
            await expectStaffRefusal { _ = try await staff.opened(id, people) }
            await expectStaffRefusal { try await desk.revoke(id, by: 2, code: staff.code(people[1])) }
            try await desk.deny(id, by: 2, code: staff.code(people[1]))
            await expectStaffRefusal { try await desk.approve(id, by: 2, code: staff.code(people[1])) }
            #expect(try await staff.row(id)?.state == .denied)

            let late = try await desk.request(try StaffBench.request(), by: 1, code: staff.code(people[0]))
            staff.bench.clock.advance(seconds: AccessRequest.lifetimeSeconds)
            await expectStaffRefusal { try await desk.approve(late, by: 2, code: staff.code(people[1])) }
            await expectStaffRefusal(.unknownAccess) {
                try await desk.approve(UUID(), by: 2, code: staff.code(people[1]))
            }
            let own = try await staff.granted(people)
            await expectStaffRefusal(.refused("the access is somebody else's")) {
                _ = try await desk.open(own, by: 2, code: staff.code(people[1]))
            }
            await expectStaffRefusal { try await desk.review(own, finding: "fine", by: 2, code: staff.code(people[1])) }
        }
    }

    @Test(
        "what is asked for has bounds",
        arguments: [
            (0, "why", "t", false), (61, "why", "t", false), (16, "why", "t", true), (-1, "why", "t", false),
            (30, "", "t", false), (30, "two\nlines", "t", false), (30, "why", "", false),
            (30, String(repeating: "x", count: 501), "t", false), (30, "esc \u{1B}[2J", "t", false),
        ])
    func bounds(minutes: Int, reason: String, ticket: String, isBreakGlass: Bool) {
        #expect(throws: StaffError.self) {
            try AccessRequest(
                scope: .readOnly, reason: reason, ticket: ticket, minutes: minutes, isBreakGlass: isBreakGlass)
        }
    }

    @Test(
        "tables that nobody is given can't be asked for",
        arguments: [
            "staff_members", "subject_keys", "sealing_keys", "subjects", "nothing", "pg_authid", "events; DROP",
        ])
    func tables(name: String) async throws {
        try await StaffBench.with { staff, people in
            let request = try StaffBench.request(.tables(["events", name]))
            await expectStaffRefusal { _ = try await staff.desk.request(request, by: 1, code: staff.code(people[0])) }
            #expect(try await staff.database.accesses(all: true).isEmpty)
        }
    }

    @Test("revoked, it ends before its time, whoever of the two does it", arguments: [1, 2])
    func revoked(seat: Int) async throws {
        try await StaffBench.with { staff, people in
            let id = try await staff.granted(people)
            let credentials = try await staff.opened(id, people)
            let connection = try await staff.logIn(credentials)
            try await staff.desk.revoke(id, by: seat, code: staff.code(people[seat - 1]))
            // What is theirs by row-level security is no more, even before anybody has ended it.
            await #expect(throws: PostgresError.self) { try await connection.query("SELECT count(*) FROM streams") }
            try await staff.ender.run()
            await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1::int8") }
            await expectStaffRefusal { _ = try await staff.opened(id, people) }
            #expect(try await staff.row(id)?.endReason == "revoked")
            await connection.close()
        }
    }

    @Test("opened again, it has another password, and the sessions go on")
    func again() async throws {
        try await StaffBench.with { staff, people in
            let id = try await staff.granted(people)
            let first = try await staff.opened(id, people)
            let connection = try await staff.logIn(first)
            let second = try await staff.opened(id, people)
            #expect(second.role == first.role && second.password.reveal() != first.password.reveal())
            await #expect(throws: PostgresError.self) { _ = try await staff.logIn(first) }
            let other = try await staff.logIn(second)
            await #expect(throws: PostgresError.self, "two at a time") { _ = try await staff.logIn(second) }
            #expect(try await connection.query("SELECT 1::int8").only().int64(0) == 1)
            await connection.close()
            await other.close()
        }
    }

    @Test("break-glass is granted to one alone, loudly, and wants the other's review until it is there")
    func breakGlass() async throws {
        let logs = LogRecorder()
        try await StaffBench.with(logger: logs.logger) { staff, people in
            let request = try StaffBench.request(minutes: 15, isBreakGlass: true)
            let id = try await staff.desk.request(request, by: 1, code: staff.code(people[0]))
            let connection = try await staff.logIn(try await staff.opened(id, people))
            #expect(try await connection.query("SELECT 1::int8").only().int64(0) == 1)
            for _ in 0..<2 { try await staff.ender.run() }
            #expect(logs.entries.count { $0.level == .error && $0.message.contains("break-glass") } == 1)
            await expectStaffRefusal {
                try await staff.desk.review(id, finding: "x", by: 2, code: staff.code(people[1]))
            }
            staff.bench.clock.advance(seconds: 15 * 60)
            try await staff.ender.run()
            #expect(try await staff.row(id)?.state == .ended)
            #expect(try await staff.database.accesses(all: false).map(\.wantsReview) == [true])
            await expectStaffRefusal(.refused("nobody reviews their own access")) {
                try await staff.desk.review(id, finding: "fine", by: 1, code: staff.code(people[0]))
            }
            try await staff.desk.review(id, finding: "fine", by: 2, code: staff.code(people[1]))
            #expect(try await staff.database.accesses(all: false).isEmpty)
            await expectStaffRefusal {
                try await staff.desk.review(id, finding: "again", by: 2, code: staff.code(people[1]))
            }
            await connection.close()
        }
    }

    @Test("under break-glass nothing is written, and there is one at a time until the other has reviewed it")
    func breakGlassAgain() async throws {
        try await StaffBench.with { staff, people in
            #expect(throws: StaffError.self) {
                try StaffBench.request(.readWrite, minutes: 15, isBreakGlass: true)
            }
            let request = try StaffBench.request(minutes: 15, isBreakGlass: true)
            let id = try await staff.desk.request(request, by: 1, code: staff.code(people[0]))
            await expectStaffRefusal { _ = try await staff.desk.request(request, by: 1, code: staff.code(people[0])) }
            // It is the other one's as well, and what they approve for each other is not concerned.
            _ = try await staff.desk.request(request, by: 2, code: staff.code(people[1]))
            _ = try await staff.granted(people)
            staff.bench.clock.advance(seconds: 15 * 60)
            try await staff.ender.run()
            #expect(try await staff.row(id)?.state == .ended)
            await expectStaffRefusal { _ = try await staff.desk.request(request, by: 1, code: staff.code(people[0])) }
            try await staff.desk.review(id, finding: "fine", by: 2, code: staff.code(people[1]))
            let next = try await staff.desk.request(request, by: 1, code: staff.code(people[0]))
            #expect(try await staff.row(next)?.state == .granted)
        }
    }

    @Test("the database refuses the same, whoever has appended it", arguments: ["read-write", "read-only"])
    func forgedBreakGlass(scope: String) async throws {
        try await StaffBench.with { staff, people in
            let member = people[0].member.id
            if scope == "read-only" {
                _ = try await staff.desk.request(
                    try StaffBench.request(minutes: 15, isBreakGlass: true), by: 1, code: staff.code(people[0]))
            }
            let (id, role) = (UUID(), try await staff.database.newRoleName())
            let end = staff.bench.clock.now.adding(seconds: 600).text
            let common = #""break_glass":true,"reason":"r","scope":"\#(scope)","tables":[]"#
            let events = [
                (EventCatalog.accessRequested, #"{\#(common),"minutes":10,"ticket":"t"}"#),
                (
                    EventCatalog.accessGranted,
                    #"{\#(common),"expires_at":"\#(end)","requested_by":"\#(member.lowercaseText)","role":"\#(role)"}"#
                ),
            ]
            let stream = Streams.staffAccess(id)
            let accepted = try await staff.bench.writer.submit(
                Command(tenant: .system, actor: ActorHandle(member), request: nil, streams: [stream]) { draft in
                    for (type, data) in events { draft.append(NewEvent(type, data: Array(data.utf8)), to: stream) }
                    return Array("{}".utf8)
                })
            let first = try #require(accepted.position)
            for index in 0..<2 { try await staff.database.note(LogPosition(first.rawValue + Int64(index))) }
            #expect(try await staff.row(id)?.state == .denied)
            await #expect(throws: PostgresError.self) {
                _ = try await staff.database.openRole(of: id, with: PasswordVerifier(of: "x"))
            }
            // What was opened by the rules stays.
            #expect(try await staff.database.accesses(all: false).count == (scope == "read-only" ? 1 : 0))
        }
    }

    @Test("what can't be recorded is not granted, and what is not granted is not opened")
    func failClosed() async throws {
        try await StaffBench.with { staff, people in
            let id = try await staff.desk.request(try StaffBench.request(), by: 1, code: staff.code(people[0]))
            try await staff.bench.asSuperuser(("UPDATE zentriq.heads SET signer = 'somebody else'", []))
            await #expect(throws: (any Error).self) {
                try await staff.desk.approve(id, by: 2, code: staff.code(people[1]))
            }
            #expect(try await staff.row(id)?.state == .requested)
            let verifier = PasswordVerifier(of: "x")
            await #expect(throws: PostgresError.self) { _ = try await staff.database.openRole(of: id, with: verifier) }
            #expect(try await staff.database.roles().isEmpty)
        }
    }

    @Test("a row that says it was granted opens nothing without the event in the log")
    func noEvent() async throws {
        try await StaffBench.with { staff, people in
            let id = try await staff.desk.request(try StaffBench.request(), by: 1, code: staff.code(people[0]))
            let role = try await staff.database.newRoleName()
            for position in [0, 2] {
                try await staff.bench.asSuperuser(
                    (
                        """
                        UPDATE zentriq.staff_accesses SET state = 'granted', granted_at = now(), granted_position = $1,
                            expires_at = now() + interval '10 minutes', role_name = $2, approved_by = gen_random_uuid()
                        """, [.int8(Int64(position)), .text(role)]
                    ))
                await #expect(throws: PostgresError.self) {
                    _ = try await staff.database.openRole(of: id, with: PasswordVerifier(of: "x"))
                }
            }
            #expect(try await staff.database.roles().isEmpty)
        }
    }

    @Test(
        "a grant in the log that breaks the rules opens nothing",
        arguments: ["own", "long", "stranger", "break-glass by another"])
    func brokenRules(what: String) async throws {
        try await StaffBench.with { staff, people in
            let isBreakGlass = what == "break-glass by another"
            let request = try StaffBench.request(minutes: 10, isBreakGlass: isBreakGlass)
            let (id, role) = (UUID(), try await staff.database.newRoleName())
            let stream = Streams.staffAccess(id)
            let own = people[0].member.id
            let end = staff.bench.clock.now.adding(seconds: what == "long" ? 3_600 : 300)
            let grant = AccessGrant(request, requestedBy: own, expiresAt: end, role: role)
            let by = what == "own" ? own : what == "stranger" ? UUID() : people[1].member.id
            let first = try await staff.ledger.append([.requested(request)], to: stream, after: nil, by: own)
            let second = try await staff.ledger.append([.granted(grant)], to: stream, after: nil, by: by)
            for position in [first, second, second] { try await staff.database.note(position) }
            #expect(try await staff.row(id)?.state == .denied)
            await #expect(throws: PostgresError.self) {
                _ = try await staff.database.openRole(of: id, with: PasswordVerifier(of: "x"))
            }
        }
    }

    @Test("a password is never taken for a verifier", arguments: ["secret", "", "md5", "SCRAM-SHA-256$1:AA$AA:AA"])
    func verifierOnly(text: String) async throws {
        try await StaffBench.with { staff, people in
            let id = try await staff.granted(people)
            await #expect(throws: PostgresError.self) {
                try await staff.pool.query("SELECT zentriq_access.open_role($1, $2)", [.uuid(id), .text(text)])
            }
            #expect(try await staff.database.roles().isEmpty)
        }
    }
}

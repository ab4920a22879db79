import Billing
import BillingTesting
import EventStore
import Foundation
import Postgres
import PostgresTesting
import Retention
import Sealing
import Testing

@testable import AuditLog

@Suite("The roster of staff", .timeLimit(.minutes(10)))
struct RosterTests {
    @Test("takes two people together, and says so without a name")
    func enrolment() async throws {
        try await StaffBench.with { staff, people in
            let entries = try await staff.desk.roster.entries()
            #expect(entries.map(\.name) == ["Ada", "Grace"])
            #expect(entries.map(\.member) == people.map(\.member))
            #expect(entries.map(\.recoveryCodes) == [8, 8])
            #expect(try await staff.rosterEvents() == ["staff.enrolled", "staff.enrolled"])
            let events = try await staff.bench.reader.stream(StreamKey(.system, Streams.staffRoster))
            for event in events { #expect(!String(decoding: event.data, as: UTF8.self).contains("Ada")) }
        }
    }

    @Test("tells new secrets to whoever asks for them by name, and to no description")
    func redacted() async throws {
        try await StaffBench.with(enrolled: false) { staff, _ in
            let enrolled = try await staff.desk.roster.enrol(["Ada", "Grace"], algorithm: .sha1, codes: [])
            var dumped = ""
            dump(enrolled, to: &dumped)
            for text in ["\(enrolled)", String(reflecting: enrolled), dumped] {
                #expect(!text.contains("otpauth"))
                for code in enrolled.flatMap(\.recoveryCodes) { #expect(!text.contains(code.reveal())) }
            }
        }
    }

    @Test("has no third seat, for whoever asks the database", arguments: TestDatabase.Role.allCases)
    func third(role: TestDatabase.Role) async throws {
        try await StaffBench.with { staff, _ in
            let connection = try await staff.bench.database.connect(role: role)
            for seat in [0, 1, 3] {
                do {
                    try await connection.script(
                        """
                        INSERT INTO zentriq.staff_members (seat, log_id, member, version, algorithm, kek_version, wrapped,
                            secret, name, position)
                        VALUES (\(seat), 1, gen_random_uuid(), 1, 'SHA1', 1, '\\x\(String(repeating: "00", count: 61))', '', '', 0)
                        """)
                    Issue.record("\(role) has put somebody into seat \(seat)")
                } catch let error as PostgresError {
                    let owns = role == .owner || role == .superuser
                    #expect(error.sqlState == (owns ? (seat == 1 ? "23505" : "23514") : "42501"), "\(role) \(seat)")
                }
            }
            await connection.close()
            await expectStaffRefusal {
                _ = try await staff.desk.roster.enrol(["Third"], algorithm: .sha1, codes: [])
            }
        }
    }

    @Test("seats nobody whom no event enrols")
    func noEvent() async throws {
        try await StaffBench.with(enrolled: false) { staff, _ in
            _ = try await staff.bench.ledger.register(
                tenant: TenantID(UUID()), subject: nil, by: Requester(actor: nil, request: nil))
            let (key, wrapped) = try await MemberKey.make(
                log: Bench.origin, member: UUID(), version: 1, wrappedBy: try Bench.keys)
            let row = (
                position: LogPosition(0), wrapped: wrapped, secret: key.seal([1], as: .secret),
                name: key.seal([2], as: .name), codes: [[UInt8]]()
            )
            await #expect(throws: PostgresError.self) { try await staff.database.seat([row]) }
            #expect(try await staff.desk.roster.entries().isEmpty)
        }
    }

    @Test("an event that was overtaken seats nobody again")
    func oldEvent() async throws {
        try await StaffBench.with { staff, people in
            let old = try await staff.bench.reader.stream(StreamKey(.system, Streams.staffRoster)).last
            try await staff.desk.roster.remove(2, codes: [staff.code(people[0]), people[1].recoveryCodes[0]])
            let (key, wrapped) = try await MemberKey.make(
                log: Bench.origin, member: people[1].member.id, version: 1, wrappedBy: try Bench.keys)
            let row = (
                position: try #require(old).position, wrapped: wrapped, secret: key.seal([1], as: .secret),
                name: key.seal([2], as: .name), codes: [[UInt8]]()
            )
            await #expect(throws: PostgresError.self) { try await staff.database.seat([row]) }
            #expect(try await staff.desk.roster.entries().map(\.name) == ["Ada"])
        }
    }

    @Test("changes with proofs of both, and of both alone")
    func replacement() async throws {
        try await StaffBench.with { staff, people in
            let roster = staff.desk.roster
            await expectStaffRefusal { _ = try await roster.replace(2, name: "Eve", algorithm: .sha1, codes: []) }
            await expectStaffRefusal {
                _ = try await roster.replace(2, name: "Eve", algorithm: .sha1, codes: [staff.code(people[0])])
            }
            await expectStaffRefusal(.wrongCode) {
                _ = try await roster.replace(
                    2, name: "Eve", algorithm: .sha1, codes: [staff.code(people[0]), "000000"])
            }
            let codes = [staff.code(people[0]), people[1].code(at: staff.bench.clock.now)]
            let new = Authenticator(try await roster.replace(2, name: "Eve", algorithm: .sha256, codes: codes))
            #expect(new.member.id != people[1].member.id)
            #expect(try await roster.entries().map(\.name) == ["Ada", "Eve"])
            let id = try await staff.granted([people[0], new])
            #expect(try await staff.row(id)?.approvedBy == new.member.id)
            await expectStaffRefusal(.wrongCode) {
                _ = try await staff.desk.request(try StaffBench.request(), by: 2, code: staff.code(people[1]))
            }
        }
    }

    @Test("takes a recovery code for a lost factor, once, and the same person stays")
    func recovery() async throws {
        try await StaffBench.with { staff, people in
            let roster = staff.desk.roster
            let lost = people[1].recoveryCodes[3]
            let new = Authenticator(
                try await roster.replace(2, name: nil, algorithm: .sha1, codes: [staff.code(people[0]), lost]))
            #expect(new.member.id == people[1].member.id && new.member.version == 2)
            await expectStaffRefusal(.wrongCode) {
                _ = try await roster.replace(2, name: nil, algorithm: .sha1, codes: [staff.code(people[0]), lost])
            }
            let own = people[0].recoveryCodes[0]
            try await roster.remove(2, codes: [own, staff.code(new)])
            #expect(
                try await staff.rosterEvents() == [
                    "staff.enrolled", "staff.enrolled", "staff.replaced", "staff.removed",
                ])
            // One is left: that takes a code and a recovery code, which was not used before.
            await expectStaffRefusal(.wrongCode) {
                _ = try await roster.enrol(["New"], algorithm: .sha1, codes: [staff.code(people[0]), own])
            }
            await expectStaffRefusal(.wrongCode) {
                _ = try await roster.enrol(
                    ["New"], algorithm: .sha1, codes: [people[0].recoveryCodes[1], people[0].recoveryCodes[2]])
            }
            _ = try await roster.enrol(
                ["New"], algorithm: .sha1, codes: [staff.code(people[0]), people[0].recoveryCodes[4]])
            #expect(try await roster.entries().map(\.name) == ["Ada", "New"])
        }
    }

    @Test("a recovery code opens no access")
    func noAccess() async throws {
        try await StaffBench.with { staff, people in
            await expectStaffRefusal(.wrongCode) {
                _ = try await staff.desk.request(try StaffBench.request(), by: 1, code: people[0].recoveryCodes[0])
            }
        }
    }

    @Test("keeps secrets sealed, each in its own row")
    func sealed() async throws {
        try await StaffBench.with { staff, people in
            try await staff.bench.asSuperuser(
                (
                    """
                    UPDATE zentriq.staff_members AS m SET secret = o.secret, wrapped = o.wrapped
                    FROM zentriq.staff_members AS o WHERE o.seat = 3 - m.seat
                    """, []
                ))
            await #expect(throws: SealingError.notAuthentic) {
                _ = try await staff.desk.request(try StaffBench.request(), by: 1, code: staff.code(people[0]))
            }
        }
    }

    @Test("names are short lines", arguments: ["", "two\nlines", String(repeating: "x", count: 101)])
    func names(name: String) async throws {
        try await StaffBench.with(enrolled: false) { staff, _ in
            await expectStaffRefusal {
                _ = try await staff.desk.roster.enrol([name, "Grace"], algorithm: .sha1, codes: [])
            }
            await expectStaffRefusal { _ = try await staff.desk.roster.enrol(["Ada"], algorithm: .sha1, codes: []) }
            let events = try await staff.rosterEvents()
            #expect(events.isEmpty)
        }
    }
}

import Billing
import BillingTesting
import EventStore
import Foundation
import Postgres
import Testing

@testable import AuditLog

@Suite("The second factor", .timeLimit(.minutes(10)))
struct FactorCheckTests {
    @Test("a code works once, and none that is older after it")
    func replay() async throws {
        try await StaffBench.with { staff, people in
            let old = people[0].code(at: staff.bench.clock.now)
            let code = staff.code(people[0])
            let request = try StaffBench.request()
            _ = try await staff.desk.request(request, by: 1, code: code)
            for used in [code, old] {
                await expectStaffRefusal(.usedCode) { _ = try await staff.desk.request(request, by: 1, code: used) }
            }
            _ = try await staff.desk.request(request, by: 1, code: staff.code(people[0]))
        }
    }

    @Test("works when the key-encryption key was rotated, and the version before is gone")
    func rotation() async throws {
        try await RotationBench.with { it in
            let staff = try StaffBench(it.bench, logger: it.bench.logger, keys: it.keys)
            var people = try await staff.desk.roster.enrol(["Ada", "Grace"], algorithm: .sha256, codes: [])
                .map(Authenticator.init)
            for version in 1...Int32(2) {
                let rotator = try it.rotator()
                _ = try await rotator.rotate()
                #expect(try await rotator.rewrap() >= 2)
                try await rotator.retire(version)
                #expect(try await staff.desk.roster.entries().map(\.name) == ["Ada", "Grace"])
                let request = try StaffBench.request()
                _ = try await staff.desk.request(request, by: 1, code: staff.code(people[0]))
                let codes = [staff.code(people[0]), staff.code(people[1])]
                // A new factor is wrapped with the new version.
                people[1] = Authenticator(
                    try await staff.desk.roster.replace(2, name: nil, algorithm: .sha1, codes: codes))
                _ = try await staff.desk.request(request, by: 2, code: staff.code(people[1]))
            }
            await staff.pool.close()
        }
    }

    @Test("of many who use one code at once, one gets through")
    func once() async throws {
        try await StaffBench.with { staff, people in
            let (code, request) = (staff.code(people[0]), try StaffBench.request())
            let accepted = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<4 {
                    group.addTask { (try? await staff.desk.request(request, by: 1, code: code)) != nil }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(accepted == 1)
            #expect(try await staff.database.accesses(all: true).count == 1)
        }
    }

    @Test("five wrong codes lock the seat, for the right one too, and that is an event")
    func lock() async throws {
        try await StaffBench.with { staff, people in
            let request = try StaffBench.request()
            for _ in 0..<5 {
                await expectStaffRefusal(.wrongCode) {
                    _ = try await staff.desk.request(request, by: 1, code: "000000")
                }
            }
            #expect(try await staff.rosterEvents() == ["staff.enrolled", "staff.enrolled", "staff.locked"])
            do {
                _ = try await staff.desk.request(request, by: 1, code: staff.code(people[0]))
                Issue.record("the seat is not locked")
            } catch StaffError.locked(let seconds) {
                #expect((1...60).contains(seconds))
            }
            // The other one is not locked out.
            _ = try await staff.desk.request(request, by: 2, code: staff.code(people[1]))
            // Each failure after that locks twice as long.
            for minutes in [2, 4, 8, 16, 32, 60, 60] {
                try await staff.bench.asSuperuser(
                    ("UPDATE zentriq.staff_members SET locked_until = now() - interval '1 second' WHERE seat = 1", []))
                await expectStaffRefusal(.wrongCode) {
                    _ = try await staff.desk.request(request, by: 1, code: "000000")
                }
                let locked = try await staff.desk.roster.entries()[0].lockedUntil
                let now = WallClock.system.now()
                #expect(
                    (now.adding(seconds: Int64(minutes) * 60 - 50)...now.adding(seconds: Int64(minutes) * 60))
                        .contains(try #require(locked)))
            }
            try await staff.bench.asSuperuser(
                ("UPDATE zentriq.staff_members SET locked_until = now() - interval '1 second' WHERE seat = 1", []))
            _ = try await staff.desk.request(request, by: 1, code: staff.code(people[0]))
            await expectStaffRefusal(.wrongCode) { _ = try await staff.desk.request(request, by: 1, code: "000000") }
            #expect(try await staff.desk.roster.entries()[0].lockedUntil == nil, "a right code begins anew")
        }
    }

    @Test("nobody sits where nobody does", arguments: [0, 1, 3, -1, Int.max])
    func empty(seat: Int) async throws {
        try await StaffBench.with(enrolled: false) { staff, _ in
            await expectStaffRefusal(.emptySeat(seat)) {
                _ = try await staff.desk.request(try StaffBench.request(), by: seat, code: "123456")
            }
        }
    }
}

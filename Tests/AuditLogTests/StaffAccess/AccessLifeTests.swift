import Billing
import EventStore
import Foundation
import Postgres
import PostgresTesting
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
}

import Foundation
import Postgres
import PostgresTesting
import Testing

@testable import EventStore

@Suite("Append-only", .serialized, .timeLimit(.minutes(10)))
struct AppendOnlyTests {
    typealias Role = TestDatabase.Role

    /// A log with one event, and the leaf partition that holds it.
    private static func logWithEvent() async throws -> (TestLog, partition: String) {
        let log = try await TestLog.make()
        try await log.withSequencer { _ = try await $0.submit(.add(of: .random(), key: "k")) }
        let partition = try await log.use(.owner) { owner in
            try await owner.query(
                "SELECT tableoid::regclass::text FROM zentriq.events WHERE log_id = $1", [.int4(log.log.rawValue)]
            ).only().string(0)
        }
        return (log, partition)
    }

    @Test(
        "nobody changes, deletes or empties events, outcomes, stream heads or log heads, the owner neither",
        arguments: [Role.owner, .gateway, .projector, .retention, .auditor])
    func refused(role: Role) async throws {
        let (log, partition) = try await Self.logWithEvent()
        let before = try await log.contents()
        let `where` = "WHERE log_id = \(log.log.rawValue)"
        try await log.use(role) { connection in
            for table in [partition, "zentriq.events", "zentriq.events_usage", "zentriq.outcomes"] {
                for sql in [
                    "UPDATE \(table) SET position = position + 1 \(`where`)", "DELETE FROM \(table) \(`where`)",
                    "TRUNCATE \(table)", "TRUNCATE \(table) CASCADE",
                ] {
                    await Self.expectRefused(sql, on: connection)
                }
            }
            for table in ["zentriq.streams", "zentriq.heads"] {
                await Self.expectRefused("DELETE FROM \(table) \(`where`)", on: connection)
                await Self.expectRefused("TRUNCATE \(table)", on: connection)
            }
            await Self.expectRefused("TRUNCATE zentriq.logs CASCADE", on: connection)
            // The owner would need to delete the head first.
            await Self.expectRefused("DELETE FROM zentriq.logs \(`where`)", on: connection, "42501", "23503")
        }
        #expect(try await log.contents() == before)
    }

    @Test("the services insert nothing by themselves", arguments: [Role.gateway, .projector, .retention, .auditor])
    func inserts(role: Role) async throws {
        let (log, partition) = try await Self.logWithEvent()
        let before = try await log.contents()
        try await log.use(role) { connection in
            for table in [partition, "zentriq.events", "zentriq.streams", "zentriq.outcomes", "zentriq.heads"] {
                await Self.expectRefused("INSERT INTO \(table) DEFAULT VALUES", on: connection)
            }
            for table in ["zentriq.streams", "zentriq.heads"] {
                await Self.expectRefused("UPDATE \(table) SET log_id = log_id", on: connection)
                await Self.expectRefused("SELECT 1 FROM \(table) FOR UPDATE", on: connection)
            }
            await Self.expectRefused("INSERT INTO zentriq.logs VALUES (0, 'x')", on: connection)
            await Self.expectRefused("INSERT INTO zentriq.retention_classes VALUES ('x')", on: connection)
        }
        #expect(try await log.contents() == before)
    }

    private static func expectRefused(
        _ sql: String, on connection: PostgresConnection, _ sqlStates: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        let expected = sqlStates.isEmpty ? ["42501"] : sqlStates
        do {
            try await connection.script(sql)
            Issue.record("not refused: \(sql)", sourceLocation: sourceLocation)
        } catch {
            #expect(error.sqlState.map(expected.contains) == true, "\(sql)", sourceLocation: sourceLocation)
        }
    }
}

import Billing
import BillingTesting
import EventStore
import Postgres
import Projections
import Retention
import RetentionTesting
import Testing

@Suite("A projection that is read while its events are being destroyed", .timeLimit(.minutes(10)))
struct ProjectedMeanwhileTests {
    @Test("keeps none of them, whether they go row by row or as a month", arguments: [false, true])
    func gone(asPartition: Bool) async throws {
        try await Self.with { bench, eraser, connection in
            // The rows are gone by then, and not yet committed.
            try await bench.blocking("SELECT FROM zentriq.heads FOR UPDATE") { release in
                async let batch =
                    asPartition
                    ? eraser.erasePartition(of: .capture, before: nil, on: connection)
                    : eraser.eraseRows(
                        of: .capture, before: nil, from: LogPosition(0), limit: 3, carry: nil, on: connection)
                try await bench.untilWaiting()
                async let projected: Void = bench.project()
                try await bench.untilWaiting(2)
                try await release()
                #expect(try await batch?.count == (asPartition ? 8 : 3))
                try await projected
            }
            let left: Int64 = asPartition ? 0 : 5
            #expect(try await bench.number("SELECT count(*) FROM zentriq.events WHERE class = 'capture'") == left)
            #expect(try await bench.number("SELECT count(*) FROM zentriq.capture_history") == left)
        }
    }

    @Test("made anew, keeps none of them either")
    func rebuilt() async throws {
        try await Self.with { bench, eraser, connection in
            try await bench.project()
            try await bench.blocking("SELECT FROM zentriq.heads FOR UPDATE") { release in
                async let batch = eraser.eraseRows(
                    of: .capture, before: nil, from: LogPosition(0), limit: 3, carry: nil, on: connection)
                try await bench.untilWaiting()
                let store = ProjectionStore(log: Bench.log, pool: bench.projectorPool)
                async let report = ProjectionRebuild(
                    CaptureHistoryProjection(), store: store, reader: bench.projectorReader
                ).run { _ in }
                try await bench.untilWaiting(2)
                try await release()
                #expect(try await batch?.count == 3)
                #expect(try await report.isUnchanged)
            }
            #expect(try await bench.number("SELECT count(*) FROM zentriq.capture_history") == 5)
        }
    }

    /// A log with eight captures that are due as a month, and projections that have come just before them.
    private static func with(
        _ body: @Sendable (Bench, Eraser, PostgresConnection) async throws -> Void
    ) async throws {
        try await Bench.with(start: CivilDay("2024-01-10")!.start) { bench in
            try await bench.adopt()
            let client = Client(bench)
            try await client.grant(10)
            try await bench.project()
            for _ in 0..<8 { try await client.capture() }
            try await bench.fillBundle(client)
            bench.clock.set(try #require(CivilDay("2025-02-02")).start)
            let eraser = try bench.eraser()
            let connection = try await eraser.connect()
            try await body(bench, eraser, connection)
            await connection.close()
        }
    }
}

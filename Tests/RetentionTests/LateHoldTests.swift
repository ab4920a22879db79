import AuditLog
import Billing
import BillingTesting
import EventStore
import Postgres
import Retention
import RetentionTesting
import Testing

@Suite("A hold that comes while something is being destroyed", .timeLimit(.minutes(10)))
struct LateHoldTests {
    enum Way: CaseIterable { case rows, partition, request }

    @Test("undoes it, if the rows were chosen before and went after", arguments: Way.allCases)
    func undone(way: Way) async throws {
        try await Bench.with(start: CivilDay("2024-01-10")!.start) { bench in
            try await bench.adopt()
            let client = Client(bench)
            try await client.grant(10)
            for _ in 0..<3 { try await client.capture() }
            try await bench.fillBundle(client)
            let request = try await ErasureLedger(writer: bench.writer, reader: bench.reader).begin(
                client.tenant, nil, stores: [], idempotencyKey: "", by: Client.requester)
            let position = try #require(request.position)
            if way != .request { bench.clock.advance(seconds: 140 * 86_400) }
            let eraser = try bench.eraser()
            let connection = try await eraser.connect()
            let before = try await Self.events(bench)

            /// The state of the refusal; "gone" if there was none.
            @Sendable func destroy() async throws -> String? {
                do {
                    let batch =
                        switch way {
                        case .rows:
                            try await eraser.eraseRows(
                                of: .usage, before: nil, from: LogPosition(0), limit: 10, carry: nil, on: connection)
                        case .partition: try await eraser.erasePartition(of: .usage, before: nil, on: connection)
                        case .request: try await eraser.eraseRequested(at: position, of: .capture, on: connection)
                        }
                    return batch == nil ? "nothing is due" : "gone"
                } catch let error as PostgresError {
                    return error.sqlState
                }
            }

            var scope = LegalHold.Scope()
            scope.tenant = client.tenant
            // All of them look there which entries are kept, after they have looked for holds.
            try await bench.blocking("LOCK TABLE zentriq.bundles IN ACCESS EXCLUSIVE MODE") { release in
                async let state = destroy()
                try await bench.untilWaiting()
                _ = try await bench.place(scope)
                try await release()
                #expect(try await state == "40001")
            }
            #expect(try await Self.events(bench) == before + 1)
            #expect(try await bench.number("SELECT count(*) FROM zentriq.erasures") == 0)
            // The next attempt knows of the hold.
            #expect(try await destroy() == "nothing is due")
            await connection.close()
        }
    }

    private static func events(_ bench: Bench) async throws -> Int64 {
        try await bench.number("SELECT count(*) FROM zentriq.events")
    }
}

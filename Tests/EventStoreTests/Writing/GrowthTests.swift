import Postgres
import PostgresTesting
import Testing

@testable import EventStore

@Suite("Growth", .timeLimit(.minutes(10)))
struct GrowthTests {
    @Test("an append looks its streams up, however many there are: a session that began on empty tables too")
    func lookUpsStayLookUps() async throws {
        let count = 300
        let database = try await TestDatabase.make()
        let log = try await TestLog.make { try database.configuration(role: $0) }
        let tenant = TenantID.random()
        try await log.withSequencer { sequencer in
            // New streams, and the same again.
            for number in 0..<2 * count {
                _ = try await sequencer.submit(.add(to: "\(number % count)", of: tenant, key: "\(number)"))
            }
        }
        // A plan that reads the whole table each time would have read some 90,000 entries of the index.
        try await log.use(.superuser) { connection in
            var (scans, entries): (Int64, Int64) = (0, 0)
            try await until {
                let row = try await connection.query(Self.statistics, [.text("streams_pkey")]).only()
                (scans, entries) = (try row.int64(0), try row.int64(1))
                return scans >= 2 * count
            }
            #expect(entries <= scans * 4, "\(entries) entries read in \(scans) scans")
        }
        try await database.drop()
    }

    private static let statistics = Statement(
        "SELECT idx_scan, idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = $1")
}

import Postgres
import PostgresTesting
import Testing

@testable import EventStore

@Suite("Growth", .timeLimit(.minutes(10)))
struct GrowthTests {
    @Test("an append looks its keys and streams up, however many there are: a session that began on empty tables too")
    func lookUpsStayLookUps() async throws {
        let count = 300
        let database = try await TestDatabase.make()
        let log = try await TestLog.make { try database.configuration(role: $0) }
        let tenant = TenantID.random()
        try await log.withSequencer { sequencer in
            for number in 0..<count {
                _ = try await sequencer.submit(.add(to: "\(number)", of: tenant, key: "\(number)"))
            }
        }
        // A plan that reads the whole table each time would have read some 45,000 entries of each index.
        try await log.use(.superuser) { connection in
            for index in ["outcomes_pkey", "streams_pkey"] {
                var (scans, entries): (Int64, Int64) = (0, 0)
                try await until {
                    let row = try await connection.query(Self.statistics, [.text(index)]).only()
                    (scans, entries) = (try row.int64(0), try row.int64(1))
                    return scans >= count
                }
                #expect(entries <= scans * 4, "\(index): \(entries) entries read in \(scans) scans")
            }
        }
        try await database.drop()
    }

    private static let statistics = Statement(
        "SELECT idx_scan, idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = $1")
}

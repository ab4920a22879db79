import Postgres

/// What is known of events that are gone.
extension LogReader {
    /// Whether an event was at that position once, whoever's, and is gone.
    package func isErased(_ position: LogPosition) async throws -> Bool {
        try await pool.query(Self.isErased, [.int4(log.rawValue), .int8(position.rawValue)]).only().bool(0)
    }

    /// How many events of these positions are gone, of all tenants.
    package func erasedCount(_ positions: Range<LogPosition>) async throws -> Int64 {
        try await pool.query(
            Self.countErased,
            [.int4(log.rawValue), .int8(positions.lowerBound.rawValue), .int8(positions.upperBound.rawValue)]
        ).only().int64(0)
    }

    private static let isErased = Statement("SELECT zentriq.is_erased($1, $2)")
    private static let countErased = Statement("SELECT zentriq.count_erased($1, $2, $3)")
}

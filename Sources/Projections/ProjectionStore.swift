package import EventStore
package import Postgres

/// The bookkeeping of projections: which generation is active, how far each has come, what is parked.
package struct ProjectionStore: Sendable {
    package struct Status: Sendable {
        package let name: String
        package let generation: Int32
        package let isActive: Bool
        package let next: LogPosition
        package let recordedAt: EventTime
        package let parked: Int64
    }

    package struct ParkedEvent: Sendable {
        package let name: String
        package let generation: Int32
        package let position: LogPosition
        package let reason: String
    }

    package let log: LogID
    package let pool: PostgresPool

    package init(log: LogID, pool: PostgresPool) {
        self.log = log
        self.pool = pool
    }

    package func status() async throws -> [Status] {
        try await pool.query(Self.selectStatus, [.int4(log.rawValue)]).map { row in
            Status(
                name: try row.string(0), generation: try row.int32(1), isActive: try row.bool(2),
                next: LogPosition(try row.int64(3)), recordedAt: EventTime(microseconds: try row.timestamp(4)),
                parked: try row.int64(5))
        }
    }

    package func parkedEvents(limit: Int32 = 100) async throws -> [ParkedEvent] {
        try await pool.query(Self.selectParked, [.int4(log.rawValue), .int4(limit)]).map { row in
            ParkedEvent(
                name: try row.string(0), generation: try row.int32(1), position: LogPosition(try row.int64(2)),
                reason: try row.string(3))
        }
    }

    /// The active generation of a projection, made if there is none yet.
    func activeGeneration(of name: String) async throws -> Generation {
        let key: [Parameter] = [.int4(log.rawValue), .text(name)]
        var rows = try await pool.query(Self.selectActive, key)
        if rows.isEmpty {
            _ = try await pool.query(Self.insertFirst, key)
            rows = try await pool.query(Self.selectActive, key)
        }
        guard let row = rows.first else { throw LogError.corrupt("projection \(name) has no active generation") }
        return Generation(log: log, number: try row.int32(0))
    }

    private static let selectStatus = Statement(
        """
        SELECT p.name, p.generation, p.active, p.next_position, p.recorded_at,
            (SELECT count(*) FROM zentriq.parked_events e
             WHERE e.log_id = p.log_id AND e.name = p.name AND e.generation = p.generation)
        FROM zentriq.projections p WHERE log_id = $1 ORDER BY name, generation
        """)
    private static let selectParked = Statement(
        """
        SELECT name, generation, position, reason FROM zentriq.parked_events
        WHERE log_id = $1 ORDER BY name, generation, position LIMIT $2
        """)
    private static let insertFirst = Statement(
        """
        INSERT INTO zentriq.projections (log_id, name, generation, active) VALUES ($1, $2, 1, true)
        ON CONFLICT DO NOTHING
        """)
    private static let selectActive = Statement(
        "SELECT generation FROM zentriq.projections WHERE log_id = $1 AND name = $2 AND active")
}

import Foundation
import Postgres
import TransparencyLog

extension LogReader {
    static let setTenant = Statement("SELECT set_config('zentriq.tenant_id', $1, true)")

    static let log = Statement("SELECT FROM zentriq.logs WHERE log_id = $1")
    static let createLog = Statement("SELECT zentriq.create_log($1, $2, $3, $4)")

    private static let columns = columnNames.joined(separator: ", ")
    private static let columnNames = [
        "position", "recorded_at", "tenant_id", "stream_id", "version", "event_id", "actor", "request_id", "type",
        "schema_version", "class", "salt", "data", "commitment", "key_id",
    ]

    /// What a query for ``events(of:_:_:)`` selects.
    package static func columns(of table: String) -> String {
        columnNames.map { "\(table).\($0)" }.joined(separator: ", ")
    }

    static func stream(_ direction: Direction, classIsKnown: Bool) -> Statement {
        Statement(
            """
            SELECT \(columns) FROM zentriq.events
            WHERE log_id = $1 AND tenant_id = $2 AND stream_id = $3
                AND version \(direction == .forward ? ">= $4" : "<= $4") \(classIsKnown ? "AND class = $6" : "")
            ORDER BY version \(direction == .forward ? "" : "DESC") LIMIT $5
            """)
    }
    static let byPosition = Statement(
        """
        SELECT \(columns) FROM zentriq.events
        WHERE log_id = $1 AND position >= $2 AND recorded_at >= $3 ORDER BY position LIMIT $4
        """)
    static func byClass(categoryIsKnown: Bool) -> Statement {
        Statement(
            """
            SELECT \(columns) FROM zentriq.events
            WHERE log_id = $1 AND class = $5 AND position >= $2 AND position < $6 AND recorded_at >= $3
                \(categoryIsKnown ? "AND stream_id LIKE $7" : "")
            ORDER BY position LIMIT $4
            """)
    }
    static let byCategory = Statement(
        """
        SELECT \(columns) FROM zentriq.events
        WHERE log_id = $1 AND position >= $2 AND recorded_at >= $3 AND (stream_id LIKE $5 OR stream_id = $6)
        ORDER BY position LIMIT $4
        """)
    /// - Parameter conditions: on further columns, in SQL.
    static func matching(_ conditions: String) -> Statement {
        Statement(
            """
            SELECT \(columns) FROM zentriq.events
            WHERE log_id = $1 AND position >= $2 AND position < $3 \(conditions) ORDER BY position LIMIT $4
            """)
    }
    /// A page of a tenant's events of a class; of them, those that match, or else one row of nulls; and with each row
    /// how many the page has, and its last place.
    static let concerning = Statement(
        """
        WITH page AS MATERIALIZED (
            SELECT \(columns) FROM zentriq.events
            WHERE log_id = $1 AND tenant_id = $2 AND class = $3 AND (stream_id, version) > ($4, $5)
            ORDER BY stream_id, version LIMIT $6),
        seen AS (SELECT count(*) AS count FROM page),
        last AS (SELECT stream_id, version FROM page ORDER BY stream_id DESC, version DESC LIMIT 1),
        matched AS (
            SELECT \(columns) FROM page WHERE position < $9 AND (actor = $7 OR stream_id = ANY ($8::text[])))
        SELECT \(columns(of: "m")), seen.count, last.stream_id, last.version
        FROM seen LEFT JOIN last ON true LEFT JOIN matched AS m ON true ORDER BY m.stream_id, m.version
        """)
    static func atPosition(classIsKnown: Bool) -> Statement {
        Statement(
            """
            SELECT \(columns) FROM zentriq.events
            WHERE log_id = $1 AND position = $2 \(classIsKnown ? "AND class = $3" : "")
            """)
    }
    static let streamHead = Statement(
        """
        SELECT s.version, s.position, s.state, h.recorded_at FROM zentriq.streams AS s JOIN zentriq.heads AS h USING (log_id)
        WHERE log_id = $1 AND tenant_id = $2 AND stream_id = $3
        """)
    static let outcome = Statement(
        """
        SELECT fingerprint, position, response FROM zentriq.outcomes
        WHERE log_id = $1 AND tenant_id = $2 AND key = $3
        """)
    static let dueStreams = Statement("SELECT tenant_id, stream_id FROM zentriq.due_streams($1, $2, $3)")
}

extension StreamKey {
    /// Reads a row of ``LogReader/dueStreams``.
    init(_ row: Row) throws {
        guard let stream = StreamID(try row.string(1)) else { throw LogError.corrupt("a stream has no valid name") }
        self.init(TenantID(try row.uuid(0)), stream)
    }
}

extension RecordedEvent {
    /// Reads a row with the columns of the statements above.
    init(_ row: Row) throws {
        guard
            let stream = StreamID(try row.string(3)), let retention = RetentionClass(rawValue: try row.string(10)),
            let commitment = TreeHash(try row.bytes(13))
        else { throw LogError.corrupt("the row at position \(try row.int64(0)) is not of the right form") }
        let seal = try row.optionalUUID(14).map { EventSeal(key: $0, envelope: try row.bytes(11)) }
        self.init(
            position: LogPosition(try row.int64(0)), recordedAt: EventTime(microseconds: try row.timestamp(1)),
            stream: StreamKey(TenantID(try row.uuid(2)), stream), version: StreamVersion(try row.int64(4)),
            id: try row.uuid(5), actor: try row.optionalUUID(6).map(ActorHandle.init),
            request: try row.optionalUUID(7), type: try row.string(8), schemaVersion: try row.int16(9),
            retention: retention, salt: seal == nil ? try row.bytes(11) : [], data: Array(try row.string(12).utf8),
            commitment: commitment, seal: seal)
    }
}

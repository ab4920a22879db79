import Billing
import CreditDomain
package import EventStore
package import Postgres

/// The captures of an account, newest first: what was captured where, and when. Metadata only.
package struct CaptureHistoryProjection: Projection {
    package let name = "capture_history"
    package let retention = RetentionClass.capture

    package init() {}

    package func apply(
        _ events: [DecodedEvent], to generation: Generation, on connection: isolated PostgresConnection
    ) throws {
        let captures = events.compactMap { event -> (RecordedEvent, CaptureRecord)? in
            guard case .capture(let capture) = event.payload else { return nil }
            return (event.recorded, capture)
        }
        _ = try connection.run(
            Self.insert,
            [
                .int4(generation.log.rawValue), .int4(generation.number),
                .uuidArray(captures.map(\.0.stream.tenant.rawValue)), .textArray(captures.map(\.1.product.rawValue)),
                .int8Array(captures.map(\.0.position.rawValue)),
                .timestamptzArray(microsecondsSinceUnixEpoch: captures.map(\.0.recordedAt.microseconds)),
                .uuidArray(captures.map(\.1.id)),
                .timestamptzArray(microsecondsSinceUnixEpoch: captures.map(\.1.capturedAt.microseconds)),
                .textArray(captures.map(\.1.vendorHost)), .int4Array(captures.map { Int32($0.1.lineCount) }),
                .textArray(captures.map(\.1.outcome.rawValue)),
            ])
    }

    package func clear(_ generation: Generation, on connection: isolated PostgresConnection) throws {
        _ = try connection.run(Self.delete, [.int4(generation.log.rawValue), .int4(generation.number)])
    }

    package func digest(
        of generation: Generation, before position: LogPosition, on connection: isolated PostgresConnection
    ) throws -> String {
        try Self.digest.run(of: generation, before: position, on: connection)
    }

    private static let insert = Statement(
        """
        INSERT INTO zentriq.capture_history (log_id, generation, tenant_id, product, position, recorded_at, capture_id,
            captured_at, vendor_host, line_count, outcome)
        SELECT $1, $2, * FROM unnest($3::uuid[], $4::text[], $5::bigint[], $6::timestamptz[], $7::uuid[],
            $8::timestamptz[], $9::text[], $10::integer[], $11::text[])
        """)
    private static let delete = Statement(
        "DELETE FROM zentriq.capture_history WHERE log_id = $1 AND generation = $2")
    private static let digest = RowDigest(
        rows:
            """
            SELECT position, tenant_id, product, json_build_array(tenant_id, product, position,
                extract(epoch FROM recorded_at), capture_id, extract(epoch FROM captured_at), vendor_host, line_count,
                outcome) AS content
            FROM zentriq.capture_history WHERE log_id = $1 AND generation = $2 AND position < $3
            """)
}

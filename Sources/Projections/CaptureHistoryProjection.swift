import Billing
import CreditDomain
package import EventStore
package import Postgres

/// The captures of an account, newest first: where they stand in the log. What was captured stays there, sealed, and is
/// read from there. Whoever makes these rows without keys takes what can't be opened for what it says it is.
package struct CaptureHistoryProjection: Projection {
    package let name = "capture_history"
    package let retention = RetentionClass.capture
    package let digestedColumns = "tenant_id, product, position, extract(epoch FROM recorded_at)"

    package init() {}

    package func apply(
        _ events: [DecodedEvent], to generation: Generation, on connection: isolated PostgresConnection
    ) throws {
        let captures = events.compactMap { event -> (RecordedEvent, String)? in
            guard event.payload.isCapture, let product = Streams.product(ofCaptures: event.recorded.stream.stream)
            else { return nil }
            return (event.recorded, product.rawValue)
        }
        _ = try connection.run(
            Self.insert,
            [
                .int4(generation.log.rawValue), .int4(generation.number),
                .uuidArray(captures.map(\.0.stream.tenant.rawValue)), .textArray(captures.map(\.1)),
                .int8Array(captures.map(\.0.position.rawValue)),
                .timestamptzArray(microsecondsSinceUnixEpoch: captures.map(\.0.recordedAt.microseconds)),
            ])
    }

    private static let insert = Statement(
        """
        INSERT INTO zentriq.capture_history (log_id, generation, tenant_id, product, position, recorded_at)
        SELECT $1, $2, * FROM unnest($3::uuid[], $4::text[], $5::bigint[], $6::timestamptz[])
        """)
}

extension DomainEvent {
    fileprivate var isCapture: Bool {
        switch self {
        case .capture: true
        case .sealed(let type): type == EventCatalog.captureRecorded
        default: false
        }
    }
}

import Billing
import EventStore
import Foundation
import Postgres

extension LogSnapshot {
    /// Policies, holds and certificates from a position on, in the order of the log.
    func retentionEvents(from position: Int64) async throws -> [RetentionEvent] {
        try await query(Self.retentionEvents, .int8(position)).compactMap { row in
            // What can't be read is told of the row, when it comes by.
            guard
                let event = try? DomainEvent(
                    type: try row.string(2), schemaVersion: try row.int16(3), data: Array(try row.string(4).utf8))
            else { return nil }
            return RetentionEvent(
                position: LogPosition(try row.int64(0)), recordedAt: EventTime(microseconds: try row.timestamp(1)),
                event: event)
        }
    }

    /// Whatever was carried forward, for all accounts.
    func carriedBalances() async throws -> CarriedBalances {
        var carried = CarriedBalances()
        for row in try await query(Self.carried) {
            guard let stream = StreamID(try row.string(1)),
                case .carried(let balance)? = try? DomainEvent(
                    type: EventCatalog.carried.name, schemaVersion: try row.int16(2),
                    data: Array(try row.string(3).utf8))
            else { continue }
            carried.take(balance, in: StreamKey(TenantID(try row.uuid(0)), stream))
        }
        return carried
    }

    private static let retentionEvents = Statement(
        """
        SELECT position, recorded_at, type, schema_version, data FROM zentriq.events
        WHERE log_id = $1 AND class = 'system' AND position >= $2
            AND (stream_id IN ('policy', 'hold', 'sweep', 'restoration') OR type = 'erasure.begun')
            AND tenant_id = '00000000-0000-0000-0000-000000000000'
        ORDER BY position
        """)
    private static let carried = Statement(
        """
        SELECT e.tenant_id, e.stream_id, e.schema_version, e.data FROM zentriq.streams AS s
        CROSS JOIN LATERAL (
            SELECT * FROM zentriq.events AS e
            WHERE e.log_id = s.log_id AND e.class = 'billing' AND e.tenant_id = s.tenant_id
                AND e.stream_id = s.stream_id AND e.type = 'credit.carried'
            OFFSET 0) AS e
        WHERE s.log_id = $1 AND s.stream_id IN ('carry-punchout', 'carry-agent') ORDER BY e.position
        """)
}

/// A policy, a hold, its release, or a certificate, as it stands in the log.
struct RetentionEvent: Sendable {
    let position: LogPosition
    let recordedAt: EventTime
    let event: DomainEvent
}

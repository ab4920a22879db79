package import Billing
package import CreditDomain
package import EventStore
import Postgres

/// Pages of a tenant's captures and of its statements, newest first, from the active generation of their projections.
package struct HistoryReader: Sendable {
    /// Captures are shown for twelve months.
    package static let captureMonths = 12

    package struct Capture: Sendable {
        package let position: LogPosition
        package let recordedAt: EventTime
        package let record: CaptureRecord
    }

    package struct Line: Sendable {
        package let position: LogPosition
        package let recordedAt: EventTime
        package let kind: String
        package let units: Credits
        package let change: Int64
        package let balance: Credits
        package let reference: String?
    }

    let reader: LogReader
    let clock: WallClock

    package init(reader: LogReader, clock: WallClock) {
        self.reader = reader
        self.clock = clock
    }

    /// At most `limit` captures before a position (exclusive), without those of people whose key was destroyed. Throws if
    /// one can't be opened.
    package func captures(
        of tenant: TenantID, product: Product, before: LogPosition?, limit: Int
    ) async throws -> [Capture] {
        let events = try await reader.events(
            of: tenant, Self.selectCaptures,
            [
                .int4(reader.log.rawValue), .uuid(tenant.rawValue), .text(product.rawValue),
                .int8(before?.rawValue ?? .max), .int8(Int64(limit)),
                .timestamptz(microsecondsSinceUnixEpoch: clock.now().microseconds),
            ])
        return try events.compactMap { event in
            // Just now, while it was read.
            if event.closed == .destroyed { return nil }
            guard event.closed == nil, case .capture(let record) = try DomainEvent(event) else {
                throw LogError.corrupt(
                    "the capture at position \(event.position.rawValue) can't be read"
                        + (event.closed.map { ": \($0)" } ?? ""))
            }
            return Capture(position: event.position, recordedAt: event.recordedAt, record: record)
        }
    }

    /// At most `limit` movements before a position (exclusive).
    package func statement(
        of tenant: TenantID, product: Product, before: LogPosition?, limit: Int
    ) async throws -> [Line] {
        let rows = try await reader.tenantQuery(
            tenant, Self.selectStatement,
            [
                .int4(reader.log.rawValue), .uuid(tenant.rawValue), .text(product.rawValue),
                .int8(before?.rawValue ?? .max), .int8(Int64(limit)),
            ])
        return try rows.map { row in
            Line(
                position: LogPosition(try row.int64(0)), recordedAt: EventTime(microseconds: try row.timestamp(1)),
                kind: try row.string(2), units: Credits(try row.int64(3)), change: try row.int64(4),
                balance: Credits(try row.int64(5)), reference: try row.optionalString(6))
        }
    }

    private static let selectCaptures = Statement(
        """
        SELECT \(LogReader.columns(of: "e"))
        FROM zentriq.capture_history AS c
        CROSS JOIN LATERAL (
            SELECT * FROM zentriq.events AS found
            WHERE found.log_id = $1 AND found.class = 'capture' AND found.recorded_at = c.recorded_at
                AND found.position = c.position AND found.tenant_id = $2
            OFFSET 0) AS e
        WHERE c.log_id = $1 AND c.tenant_id = $2 AND c.product = $3 AND c.position < $4
            AND c.recorded_at
                > ($6::timestamptz AT TIME ZONE 'UTC' - interval '\(captureMonths) months') AT TIME ZONE 'UTC'
            AND c.generation = (SELECT generation FROM zentriq.projections
                                WHERE log_id = $1 AND name = 'capture_history' AND active)
            AND (e.key_id IS NULL OR e.key_id <> ALL (ARRAY(
                SELECT k.key_id FROM zentriq.subject_keys AS k
                WHERE k.log_id = $1 AND k.tenant_id = $2 AND k.wrapped IS NULL)))
        ORDER BY c.position DESC LIMIT $5
        """)
    private static let selectStatement = Statement(
        """
        SELECT position, recorded_at, kind, units, change, balance, reference
        FROM zentriq.credit_statement
        WHERE log_id = $1 AND tenant_id = $2 AND product = $3 AND position < $4
            AND generation = (SELECT generation FROM zentriq.projections
                              WHERE log_id = $1 AND name = 'credit_statement' AND active)
        ORDER BY position DESC LIMIT $5
        """)
}

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

    /// At most `limit` captures before a position (exclusive).
    package func captures(
        of tenant: TenantID, product: Product, before: LogPosition?, limit: Int
    ) async throws -> [Capture] {
        let rows = try await reader.tenantQuery(
            tenant, Self.selectCaptures,
            [
                .int4(reader.log.rawValue), .uuid(tenant.rawValue), .text(product.rawValue),
                .int8(before?.rawValue ?? .max), .int8(Int64(limit)),
                .timestamptz(microsecondsSinceUnixEpoch: clock.now().microseconds),
            ])
        return try rows.map { row in
            guard let outcome = CaptureRecord.Outcome(rawValue: try row.string(6)) else {
                throw LogError.corrupt("a capture has an unknown outcome")
            }
            return Capture(
                position: LogPosition(try row.int64(0)), recordedAt: EventTime(microseconds: try row.timestamp(1)),
                record: CaptureRecord(
                    id: try row.uuid(2), product: product, vendorHost: try row.string(4),
                    lineCount: Int(try row.int32(5)), capturedAt: Timestamp(microseconds: try row.timestamp(3)),
                    outcome: outcome))
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
        SELECT position, recorded_at, capture_id, captured_at, vendor_host, line_count, outcome
        FROM zentriq.capture_history
        WHERE log_id = $1 AND tenant_id = $2 AND product = $3 AND position < $4
            AND recorded_at > ($6::timestamptz AT TIME ZONE 'UTC' - interval '\(captureMonths) months') AT TIME ZONE 'UTC'
            AND generation = (SELECT generation FROM zentriq.projections
                              WHERE log_id = $1 AND name = 'capture_history' AND active)
        ORDER BY position DESC LIMIT $5
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

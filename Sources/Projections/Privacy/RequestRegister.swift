package import Billing
package import EventStore
import Foundation
package import Postgres

/// The register of what people asked of their data, of all tenants: for whoever has to answer.
package struct RequestRegister: Sendable {
    package enum Filter: String, Sendable, CaseIterable {
        /// Not answered yet.
        case open
        /// Not answered, and too late.
        case overdue
    }

    package struct Entry: Sendable {
        package let request: PrivacyRequest
        package let subject: DataSubject
        package let position: LogPosition
        package let recordedAt: EventTime
        /// Nil while it is open.
        package let closed: (as: PrivacyClosing, at: EventTime)?

        package func isOverdue(at time: EventTime) -> Bool { closed == nil && request.due < time }
    }

    /// How many requests are open, and how many of these overdue.
    package struct Counts: Sendable, Equatable {
        package var open: Int64 = 0
        package var overdue: Int64 = 0

        package init(open: Int64 = 0, overdue: Int64 = 0) {
            self.open = open
            self.overdue = overdue
        }
    }

    let log: LogID
    let pool: PostgresPool

    /// `pool` with the auditor's role, which sees all tenants.
    package init(log: LogID, pool: PostgresPool) {
        self.log = log
        self.pool = pool
    }

    /// At most `limit` requests that were recorded before a position (exclusive), newest first.
    package func entries(
        _ filter: Filter? = nil, of tenant: TenantID? = nil, before: LogPosition? = nil, now: EventTime, limit: Int
    ) async throws -> [Entry] {
        try await pool.query(
            Self.select,
            [
                .int4(log.rawValue), .int8(before?.rawValue ?? .max), .uuid(tenant?.rawValue),
                .bool(filter != nil), .bool(filter == .overdue),
                .timestamptz(microsecondsSinceUnixEpoch: now.microseconds), .int8(Int64(limit)),
            ]
        ).map(Entry.init)
    }

    /// Open requests that are due by a time, the earliest first.
    package func open(dueBy time: EventTime, limit: Int) async throws -> [Entry] {
        try await pool.query(
            Self.selectDue,
            [.int4(log.rawValue), .timestamptz(microsecondsSinceUnixEpoch: time.microseconds), .int8(Int64(limit))]
        ).map(Entry.init)
    }

    package func counts(now: EventTime) async throws -> Counts {
        let row = try await pool.query(
            Self.count, [.int4(log.rawValue), .timestamptz(microsecondsSinceUnixEpoch: now.microseconds)]
        ).only()
        return Counts(open: try row.int64(0), overdue: try row.int64(1))
    }

    private static let columns = """
        r.tenant_id, r.subject, r.position, r.recorded_at, r.request_id, r.kind, r.channel, r.received_at, r.due,
        c.step, c.reason, c.recorded_at
        """
    private static let from = """
        FROM zentriq.privacy_requests AS r
        LEFT JOIN zentriq.privacy_requests AS c ON c.request_id = r.request_id AND c.tenant_id = r.tenant_id
            AND c.log_id = r.log_id AND c.generation = r.generation AND c.step <> 'requested'
        WHERE r.log_id = $1 AND r.step = 'requested'
            AND r.generation = (SELECT generation FROM zentriq.projections
                                WHERE log_id = $1 AND name = 'privacy_requests' AND active)
        """
    private static let select = Statement(
        """
        SELECT \(columns) \(from) AND r.position < $2 AND ($3::uuid IS NULL OR r.tenant_id = $3)
            AND (NOT $4::boolean OR c.step IS NULL) AND (NOT $5::boolean OR r.due < $6)
        ORDER BY r.position DESC LIMIT $7
        """)
    private static let selectDue = Statement(
        "SELECT \(columns) \(from) AND c.step IS NULL AND r.due <= $2 ORDER BY r.due, r.position LIMIT $3")
    private static let count = Statement(
        "SELECT count(*), count(*) FILTER (WHERE r.due < $2) \(from) AND c.step IS NULL")
}

extension RequestRegister.Entry {
    fileprivate init(_ row: Row) throws {
        guard let kind = PrivacyRequest.Kind(rawValue: try row.string(5)),
            let channel = PrivacyRequest.Channel(rawValue: try row.string(6))
        else { throw LogError.corrupt("a privacy request is of an unknown kind") }
        subject = DataSubject(TenantID(try row.uuid(0)), ActorHandle(try row.uuid(1)))
        position = LogPosition(try row.int64(2))
        recordedAt = EventTime(microseconds: try row.timestamp(3))
        request = PrivacyRequest(
            id: try row.uuid(4), kind: kind, channel: channel,
            receivedAt: EventTime(microseconds: try row.timestamp(7)),
            due: EventTime(microseconds: try row.timestamp(8)))
        guard let step = try row.optionalString(9) else {
            closed = nil
            return
        }
        let reason = try row.optionalString(10).flatMap(PrivacyClosing.Reason.init)
        let closing = step == "fulfilled" ? PrivacyClosing.fulfilled : reason.map(PrivacyClosing.refused)
        guard let closing else { throw LogError.corrupt("a privacy request was refused for an unknown reason") }
        closed = (closing, EventTime(microseconds: try row.timestamp(11)))
    }
}

package import CanonicalJSON
package import EventStore
package import Postgres
package import Retention

/// What goes when, by class and tenant: what is due already, and what becomes due.
package struct RetentionSchedule: Sendable {
    package struct Entry: Sendable, Equatable {
        package let retention: RetentionClass
        package let tenant: TenantID
        /// From whose first instant on it may be there no more.
        package let dueOn: CivilDay
        package let count: Int64
        /// How many of them a legal hold covers at present.
        package let held: Int64

        package var object: JSONObject {
            [
                "class": .string(retention.rawValue), "count": .string(String(count)), "due_on": .string(dueOn.text),
                "held": .string(String(held)), "tenant_id": .string(tenant.rawValue.lowercaseText),
            ]
        }
    }

    let log: LogID
    let pool: PostgresPool

    /// `pool` with the role of the gateway or the auditor.
    package init(log: LogID, pool: PostgresPool) {
        self.log = log
        self.pool = pool
    }

    /// - Parameter until: the last day that is looked at, today for what is due already.
    package func entries(now: EventTime, until: CivilDay) async throws -> [Entry] {
        try Self.read(await pool.query(Self.select, parameters(now, until)))
    }

    private func parameters(_ now: EventTime, _ until: CivilDay) -> [Parameter] {
        [
            .int4(log.rawValue), .timestamptz(microsecondsSinceUnixEpoch: now.microseconds),
            .timestamptz(microsecondsSinceUnixEpoch: until.start.microseconds),
        ]
    }

    /// On its own, as the optimizer of Swift 6.3.1 fails on a function that also waits.
    private static func read(_ rows: Rows) throws -> [Entry] {
        try rows.map(Entry.init)
    }

    private static let select = Statement(
        """
        SELECT class, tenant_id, (due_on - '1970-01-01'::date)::bigint, count, held
        FROM zentriq.retention_schedule($1, $2, $3)
        """)
}

extension RetentionSchedule.Entry {
    init(_ row: Row) throws {
        guard let retention = RetentionClass(rawValue: try row.string(0)) else {
            throw LogError.corrupt("there is an unknown retention class")
        }
        self.init(
            retention: retention, tenant: TenantID(try row.uuid(1)), dueOn: CivilDay(number: try row.int64(2)),
            count: try row.int64(3), held: try row.int64(4))
    }
}

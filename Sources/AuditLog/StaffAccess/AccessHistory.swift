package import CanonicalJSON
package import EventStore
import Foundation
import Postgres
import TransparencyLog

/// The accesses of staff that concern a customer: those to their data, and those to everybody's.
package struct AccessHistory: Sendable {
    package struct Entry: Sendable {
        package let position: LogPosition
        package let endedPosition: LogPosition?
        fileprivate let members: JSONObject

        /// As the customer is told.
        package var object: JSONObject { members }
    }

    let reader: LogReader

    /// - Parameter reader: with the gateway's role.
    package init(reader: LogReader) {
        self.reader = reader
    }

    /// Newest first, those before a position.
    package func entries(
        concerning tenant: TenantID, before: LogPosition?, limit: Int
    ) async throws -> [Entry] {
        try await reader.tenantQuery(
            tenant, Self.select,
            [.int4(reader.log.rawValue), .int8(before?.rawValue ?? Int64.max), .int8(Int64(limit))]
        ).map(Self.entry)
    }

    private static func entry(_ row: Row) throws -> Entry {
        func time(_ column: Int) throws -> JSONValue {
            try row.optionalTimestamp(column).map { .string(EventTime(microseconds: $0).text) } ?? .null
        }
        let (position, ended) = (try row.int64(0), try row.optionalInt64(1))
        let isOwn = try row.bool(6)
        let members: JSONObject = [
            "access": .string(try row.uuid(2).lowercaseText),
            "approval": .string(try row.bool(3) ? "break-glass" : "second-person"), "kind": .string(try row.string(4)),
            "tables": .array(try row.textArray(5).map(JSONValue.string)),
            "reach": .string(isOwn ? "tenant" : "all-tenants"), "reason": .string(try row.string(7)),
            "role": .string(try row.string(8)), "granted_at": try time(9), "expires_at": try time(10),
            "opened_at": try time(11), "ended_at": try time(12),
            "end_reason": try row.optionalString(13).map(JSONValue.string) ?? .null, "reviewed_at": try time(14),
            "position": .string(String(position)), "ended_position": ended.map { .string(String($0)) } ?? .null,
        ]
        return Entry(position: LogPosition(position), endedPosition: ended.map(LogPosition.init), members: members)
    }

    private static let select = Statement(
        """
        SELECT granted_position, ended_position, access_id, is_break_glass, scope, tables, tenant_id IS NOT NULL, reason,
               role_name, granted_at, expires_at, opened_at, ended_at, end_reason, reviewed_at
        FROM zentriq.staff_accesses
        WHERE log_id = $1 AND granted_position < $2
        ORDER BY granted_position DESC LIMIT $3
        """)
}

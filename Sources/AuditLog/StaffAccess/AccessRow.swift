package import CanonicalJSON
package import EventStore
package import Foundation
import Postgres

/// An access as the database knows it: what it has made of the events.
package struct AccessRow: Sendable {
    package enum State: String, Sendable, CaseIterable {
        case requested, denied, granted, revoked, ended
    }

    package let id: UUID
    package let state: State
    package let isBreakGlass: Bool
    package let requestedBy: UUID
    package let approvedBy: UUID?
    package let scope: String
    package let tables: [String]
    package let tenant: TenantID?
    package let reason: String
    package let ticket: String
    package let minutes: Int16
    package let requestedAt: EventTime
    package let grantedAt: EventTime?
    package let expiresAt: EventTime?
    package let role: String?
    package let endedAt: EventTime?
    package let endReason: String?
    package let reviewedAt: EventTime?

    /// Under break-glass, and nobody else has looked at it yet.
    package var wantsReview: Bool { isBreakGlass && grantedAt != nil && state != .denied && reviewedAt == nil }

    static let columns = """
        access_id, state, is_break_glass, requested_by, approved_by, scope, tables, tenant_id, reason, ticket, minutes,
        requested_at, granted_at, expires_at, role_name, ended_at, end_reason, reviewed_at
        """

    init(_ row: Row) throws {
        func time(_ column: Int) throws -> EventTime? {
            try row.optionalTimestamp(column).map(EventTime.init(microseconds:))
        }
        guard let state = State(rawValue: try row.string(1)), let requestedAt = try time(11) else {
            throw LogError.corrupt("an access is in an unknown state")
        }
        id = try row.uuid(0)
        self.state = state
        isBreakGlass = try row.bool(2)
        requestedBy = try row.uuid(3)
        approvedBy = try row.optionalUUID(4)
        scope = try row.string(5)
        tables = try row.textArray(6)
        tenant = try row.optionalUUID(7).map(TenantID.init)
        reason = try row.string(8)
        ticket = try row.string(9)
        minutes = try row.int16(10)
        self.requestedAt = requestedAt
        grantedAt = try time(12)
        expiresAt = try time(13)
        role = try row.optionalString(14)
        endedAt = try time(15)
        endReason = try row.optionalString(16)
        reviewedAt = try time(17)
    }

    /// As the command line shows it.
    ///
    /// - Parameter seats: of the members that sit somewhere now.
    package func object(seats: [UUID: Int]) -> JSONObject {
        var object: JSONObject = [
            "access": .string(id.lowercaseText), "break_glass": .bool(isBreakGlass),
            "minutes": .integer(Int64(minutes)),
            "reason": .string(reason), "requested_at": .string(requestedAt.text), "scope": .string(scope),
            "state": .string(state.rawValue), "tables": .array(tables.map(JSONValue.string)),
            "ticket": .string(ticket), "wants_review": .bool(wantsReview),
        ]
        object["requested_by_seat"] = seats[requestedBy].map { .integer(Int64($0)) }
        object["approved_by_seat"] = approvedBy.flatMap { seats[$0] }.map { .integer(Int64($0)) }
        object["tenant_id"] = tenant.map { .string($0.rawValue.lowercaseText) }
        object["granted_at"] = grantedAt.map { .string($0.text) }
        object["expires_at"] = expiresAt.map { .string($0.text) }
        object["role"] = role.map(JSONValue.string)
        object["ended_at"] = endedAt.map { .string($0.text) }
        object["end_reason"] = endReason.map(JSONValue.string)
        object["reviewed_at"] = reviewedAt.map { .string($0.text) }
        return object
    }
}

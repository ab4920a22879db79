import CanonicalJSON
import CreditDomain
package import EventStore
package import Foundation

/// What somebody wants to be let at, for how long and why.
package struct AccessRequest: Sendable, Hashable {
    package static let maximumMinutes = 60
    /// Of an access that nobody else has approved.
    package static let maximumBreakGlassMinutes = 15
    package static let maximumTextBytes = 500
    package static let maximumTables = 20
    /// What nobody has approved within that time, nobody can.
    package static let lifetimeSeconds: Int64 = 3_600

    package let scope: AccessScope
    /// Customers read it.
    package let reason: String
    /// Where more is told, such as the number of a case.
    package let ticket: String
    package let minutes: Int
    package let isBreakGlass: Bool

    /// Throws ``StaffError/refused(_:)`` with what is wrong.
    package init(
        scope: AccessScope, reason: String, ticket: String, minutes: Int, isBreakGlass: Bool
    ) throws(StaffError) {
        guard !isBreakGlass || scope != .readWrite else {
            throw .refused("under break-glass nothing can be written: ask for read-only")
        }
        try self.init(recorded: scope, reason: reason, ticket: ticket, minutes: minutes, isBreakGlass: isBreakGlass)
    }

    /// As it may stand in the log: whether anything comes of it, the database decides.
    private init(
        recorded scope: AccessScope, reason: String, ticket: String, minutes: Int, isBreakGlass: Bool
    ) throws(StaffError) {
        for (name, text) in [("reason", reason), ("ticket", ticket)] {
            guard Self.isLine(text) else {
                throw .refused("the \(name) must be one line of 1 to \(Self.maximumTextBytes) bytes")
            }
        }
        let most = isBreakGlass ? Self.maximumBreakGlassMinutes : Self.maximumMinutes
        guard (1...most).contains(minutes) else { throw .refused("it can be granted for 1 to \(most) minutes") }
        guard scope.tables.count <= Self.maximumTables, Set(scope.tables).count == scope.tables.count else {
            throw .refused("at most \(Self.maximumTables) tables can be named, each once")
        }
        self.scope = scope
        self.reason = reason
        self.ticket = ticket
        self.minutes = minutes
        self.isBreakGlass = isBreakGlass
    }

    /// A text without anything that would break a line, or a terminal.
    package static func isLine(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= maximumTextBytes
            && text.unicodeScalars.allSatisfy { !CharacterSet.controlCharacters.contains($0) }
    }

    var object: JSONObject {
        var object: JSONObject = [
            "break_glass": .bool(isBreakGlass), "minutes": .integer(Int64(minutes)), "reason": .string(reason),
            "ticket": .string(ticket),
        ]
        scope.write(to: &object)
        return object
    }

    init(_ payload: PayloadReader) throws(EventDecodingError) {
        let type = EventCatalog.accessRequested
        do {
            try self.init(
                recorded: AccessScope(payload, type: type), reason: payload.string("reason"),
                ticket: payload.string("ticket"), minutes: Int(clamping: payload.integer("minutes")),
                isBreakGlass: payload.boolean("break_glass"))
        } catch let error as EventDecodingError {
            throw error
        } catch {
            throw .malformed(type: type.name, reason: "\(error)")
        }
    }
}

/// That it was granted: by the other person, or under break-glass by nobody else. Says by itself all that a customer
/// whom it
/// concerns is told, so that its receipt proves it.
package struct AccessGrant: Sendable, Hashable {
    package let scope: AccessScope
    package let reason: String
    package let isBreakGlass: Bool
    /// The member who asked.
    package let requestedBy: UUID
    package let expiresAt: EventTime
    /// Of the database, made for this alone: `staff_` and 24 hexadecimal digits.
    package let role: String

    package init(_ request: AccessRequest, requestedBy: UUID, expiresAt: EventTime, role: String) {
        scope = request.scope
        reason = request.reason
        isBreakGlass = request.isBreakGlass
        self.requestedBy = requestedBy
        self.expiresAt = expiresAt
        self.role = role
    }

    var object: JSONObject {
        var object: JSONObject = [
            "break_glass": .bool(isBreakGlass), "expires_at": .string(expiresAt.text), "reason": .string(reason),
            "requested_by": .string(requestedBy.lowercaseText), "role": .string(role),
        ]
        scope.write(to: &object)
        return object
    }

    init(_ payload: PayloadReader) throws(EventDecodingError) {
        scope = try AccessScope(payload, type: EventCatalog.accessGranted)
        reason = try payload.string("reason")
        isBreakGlass = try payload.boolean("break_glass")
        requestedBy = try payload.uuid("requested_by")
        expiresAt = try payload.eventTime("expires_at")
        role = try payload.string("role")
    }
}

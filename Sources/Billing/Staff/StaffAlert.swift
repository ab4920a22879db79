import CanonicalJSON
package import EventStore
package import Foundation

/// Something about the server, its log or its sessions with staff that should not be.
package struct StaffAlert: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        /// A role of staff logged in that no grant explains, or whose access was over.
        case sessionWithoutGrant = "session-without-grant"
        /// Somebody is logged in as staff, and the server's log does not say so.
        case sessionNotInLog = "session-not-in-log"
        case sessionWithoutEnd = "session-without-end"
        /// Lines of a session are missing.
        case lineGap = "line-gap"
        /// Statements that pgAudit has counted are missing.
        case statementGap = "statement-gap"
        /// A line can't be read: torn, too long, or written by somebody else.
        case unreadableLine = "unreadable-line"
        case logShrank = "log-shrank"
        case logVanished = "log-vanished"
        /// What was read before reads otherwise now.
        case logChanged = "log-changed"
        /// What was to come back through the log did not.
        case markLost = "mark-lost"
        case superuserLogin = "superuser-login"
        case roleChanged = "role-changed"
        case membershipChanged = "membership-changed"
        case slotChanged = "slot-changed"
        case settingChanged = "setting-changed"
    }

    package let kind: Kind
    /// About nobody: numbers, and names of sessions, roles, settings and files.
    package let what: String
    package let at: EventTime
    package let session: String?
    package let access: UUID?

    package init(_ kind: Kind, _ what: String, at: EventTime, session: String? = nil, access: UUID? = nil) {
        self.kind = kind
        self.what = what
        self.at = at
        self.session = session
        self.access = access
    }

    var object: JSONObject {
        var object: JSONObject = [
            "at": .string(at.text), "kind": .string(kind.rawValue), "what": .string(what),
        ]
        object["access"] = access.map { .string($0.lowercaseText) }
        object["session"] = session.map(JSONValue.string)
        return object
    }

    init(_ payload: PayloadReader) throws(EventDecodingError) {
        self.init(
            try payload.value("kind", as: Kind.self), try payload.string("what"), at: try payload.eventTime("at"),
            session: try payload.optionalString("session"), access: try payload.optionalUUID("access"))
    }
}

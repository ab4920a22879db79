import CanonicalJSON
import CreditDomain
package import EventStore
package import Foundation

/// What the database server's own log says of its sessions with staff: a second witness, beside what the service records.
///
/// Texts can be about anybody, so they are sealed (``Sealing/RecordKey``); what stands in the clear says what kind of thing
/// was done to which table, and to nobody.
package enum WitnessedEvent: Sendable, Hashable {
    case opened(StaffSession)
    case closed(StaffSessionEnd)
    case statement(StaffStatement)
    case alert(StaffAlert)

    package var newEvent: NewEvent { NewEvent(type, data: JSONValue.object(object).canonicalBytes()) }

    private var object: JSONObject {
        switch self {
        case .opened(let session): session.object
        case .closed(let end): end.object
        case .statement(let statement): statement.members
        case .alert(let alert): alert.object
        }
    }

    private var type: EventType {
        switch self {
        case .opened: EventCatalog.sessionOpened
        case .closed: EventCatalog.sessionClosed
        case .statement: EventCatalog.staffStatement
        case .alert: EventCatalog.staffAlert
        }
    }

    /// Nil if the type is none of these.
    init?(_ type: EventType, _ payload: PayloadReader) throws(EventDecodingError) {
        switch type {
        case EventCatalog.sessionOpened: self = .opened(try StaffSession(payload))
        case EventCatalog.sessionClosed: self = .closed(try StaffSessionEnd(payload))
        case EventCatalog.staffStatement: self = .statement(try StaffStatement(payload))
        case EventCatalog.staffAlert: self = .alert(try StaffAlert(payload))
        default: return nil
        }
    }
}

/// A role of staff has logged in.
package struct StaffSession: Sendable, Hashable {
    /// The server's name for it: when it began and its process, in hexadecimal digits, such as `6b01fef2.166b`.
    package let session: String
    package let role: String
    /// Nil if no grant explains the role.
    package let access: UUID?
    package let process: Int64
    /// By the server's clock, as all times here.
    package let at: EventTime
    package let line: Int64
    /// From where, and with which program.
    package let sealed: [UInt8]

    package init(
        session: String, role: String, access: UUID?, process: Int64, at: EventTime, line: Int64, sealed: [UInt8]
    ) {
        self.session = session
        self.role = role
        self.access = access
        self.process = process
        self.at = at
        self.line = line
        self.sealed = sealed
    }

    fileprivate var object: JSONObject {
        var object: JSONObject = [
            "at": .string(at.text), "line": .integer(line), "process": .integer(process), "role": .string(role),
            "sealed": .string(Data(sealed).base64EncodedString()), "session": .string(session),
        ]
        object["access"] = access.map { .string($0.lowercaseText) }
        return object
    }

    fileprivate init(_ payload: PayloadReader) throws(EventDecodingError) {
        self.init(
            session: try payload.string("session"), role: try payload.string("role"),
            access: try payload.optionalUUID("access"), process: try payload.integer("process"),
            at: try payload.eventTime("at"), line: try payload.integer("line"), sealed: try payload.sealed())
    }
}

/// A session is over.
package struct StaffSessionEnd: Sendable, Hashable {
    package enum Reason: String, Sendable, CaseIterable {
        case disconnected
        /// It is gone, and the server's log does not say how.
        case lost
    }

    package let session: String
    package let access: UUID?
    package let reason: Reason
    package let statements: Int64
    package let at: EventTime

    package init(session: String, access: UUID?, reason: Reason, statements: Int64, at: EventTime) {
        self.session = session
        self.access = access
        self.reason = reason
        self.statements = statements
        self.at = at
    }

    fileprivate var object: JSONObject {
        var object: JSONObject = [
            "at": .string(at.text), "reason": .string(reason.rawValue), "session": .string(session),
            "statements": .integer(statements),
        ]
        object["access"] = access.map { .string($0.lowercaseText) }
        return object
    }

    fileprivate init(_ payload: PayloadReader) throws(EventDecodingError) {
        self.init(
            session: try payload.string("session"), access: try payload.optionalUUID("access"),
            reason: try payload.value("reason", as: Reason.self), statements: try payload.integer("statements"),
            at: try payload.eventTime("at"))
    }
}

extension PayloadReader {
    /// Bytes in base64; none where the member is not there.
    func sealed() throws(EventDecodingError) -> [UInt8] {
        guard let text = try optionalString("sealed") else { return [] }
        guard let data = Data(base64Encoded: text) else {
            throw .malformed(type: "staff", reason: "sealed is not base64")
        }
        return Array(data)
    }
}

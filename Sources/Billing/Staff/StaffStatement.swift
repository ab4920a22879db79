import CanonicalJSON
package import EventStore
package import Foundation

/// One line of the server's log about what a session with staff did.
package struct StaffStatement: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        /// What pgAudit says is about to be done, before it is.
        case audit
        /// A function called beside SQL, which pgAudit does not see.
        case call
        /// The server refused it, or something went wrong.
        case error
        /// Anything else that the server wrote about the session.
        case message
        /// How long the statement before took, known only now.
        case finished
    }

    package let session: String
    package let access: UUID?
    /// Of the session's lines in the server's log: 1, 2, 3…
    package let line: Int64
    package let at: EventTime
    package let kind: Kind
    /// pgAudit's numbers: of the statement, and of its part.
    package let number: Int64?
    package let part: Int64?
    /// Such as `READ`, `WRITE`, `FUNCTION`.
    package let action: String?
    /// Such as `SELECT`.
    package let command: String?
    /// Such as `TABLE`.
    package let objectType: String?
    /// With their schemas; of a table in parts, the parts that were looked into as well.
    package let objects: [String]
    package let sqlState: String?
    package let microseconds: Int64?
    /// Its text, its parameters, and what the server said about it. Empty where there is none.
    package let sealed: [UInt8]

    package init(
        session: String, access: UUID?, line: Int64, at: EventTime, kind: Kind, number: Int64? = nil,
        part: Int64? = nil,
        action: String? = nil, command: String? = nil, objectType: String? = nil, objects: [String] = [],
        sqlState: String? = nil, microseconds: Int64? = nil, sealed: [UInt8] = []
    ) {
        self.session = session
        self.access = access
        self.line = line
        self.at = at
        self.kind = kind
        self.number = number
        self.part = part
        self.action = action
        self.command = command
        self.objectType = objectType
        self.objects = objects
        self.sqlState = sqlState
        self.microseconds = microseconds
        self.sealed = sealed
    }

    /// With so much more of the time that it took: what a client sends in parts is done in parts.
    package func finished(after more: Int64) -> StaffStatement {
        with(objects: objects, microseconds: (microseconds ?? 0) + more, sealed: sealed)
    }

    package func touching(_ object: String) -> StaffStatement {
        with(objects: objects + [object], microseconds: microseconds, sealed: sealed)
    }

    package func sealed(_ sealed: [UInt8]) -> StaffStatement {
        with(objects: objects, microseconds: microseconds, sealed: sealed)
    }

    private func with(objects: [String], microseconds: Int64?, sealed: [UInt8]) -> StaffStatement {
        StaffStatement(
            session: session, access: access, line: line, at: at, kind: kind, number: number, part: part,
            action: action,
            command: command, objectType: objectType, objects: objects, sqlState: sqlState, microseconds: microseconds,
            sealed: sealed)
    }

    var members: JSONObject {
        var members: JSONObject = [
            "at": .string(at.text), "kind": .string(kind.rawValue), "line": .integer(line), "session": .string(session),
        ]
        members["access"] = access.map { .string($0.lowercaseText) }
        members["action"] = action.map(JSONValue.string)
        members["command"] = command.map(JSONValue.string)
        members["duration_us"] = microseconds.map(JSONValue.integer)
        members["number"] = number.map(JSONValue.integer)
        members["objects"] = objects.isEmpty ? nil : .array(objects.map(JSONValue.string))
        members["object_type"] = objectType.map(JSONValue.string)
        members["part"] = part.map(JSONValue.integer)
        members["sealed"] = sealed.isEmpty ? nil : .string(Data(sealed).base64EncodedString())
        members["sqlstate"] = sqlState.map(JSONValue.string)
        return members
    }

    init(_ payload: PayloadReader) throws(EventDecodingError) {
        self.init(
            session: try payload.string("session"), access: try payload.optionalUUID("access"),
            line: try payload.integer("line"), at: try payload.eventTime("at"),
            kind: try payload.value("kind", as: Kind.self), number: try payload.optionalInteger("number"),
            part: try payload.optionalInteger("part"), action: try payload.optionalString("action"),
            command: try payload.optionalString("command"), objectType: try payload.optionalString("object_type"),
            objects: payload.has("objects") ? try payload.strings("objects") : [],
            sqlState: try payload.optionalString("sqlstate"),
            microseconds: try payload.optionalInteger("duration_us"), sealed: try payload.sealed())
    }
}

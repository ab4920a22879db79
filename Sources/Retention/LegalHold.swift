package import CanonicalJSON
package import EventStore
package import Foundation

/// An order to keep what it covers, whatever the policy says, until it is released or its time is up.
package struct LegalHold: Sendable, Hashable {
    /// What is covered: what meets every condition that is given.
    package struct Scope: Sendable, Hashable {
        package var tenant: TenantID?
        /// Events that a person caused, and the streams that are named after them.
        package var subject: ActorHandle?
        package var stream: StreamID?
        package var retention: RetentionClass?
        /// When events were recorded: the first instant inclusive, the last one exclusive.
        package var from: EventTime?
        package var to: EventTime?

        package init() {}
    }

    package static let maximumTextBytes = 200

    package let id: UUID
    package let scope: Scope
    /// Such as the number of a case. It stays in the log for ever: no personal data.
    package let reason: String
    /// The office that ordered it.
    package let placedBy: String
    /// Nil: until it is released.
    package let until: EventTime?

    package init(id: UUID, scope: Scope, reason: String, placedBy: String, until: EventTime?) throws(RetentionError) {
        for (name, text) in [("reason", reason), ("office", placedBy)]
        where text.isEmpty || text.utf8.count > Self.maximumTextBytes {
            throw .malformed("a hold's \(name) has 1 to \(Self.maximumTextBytes) bytes")
        }
        if let from = scope.from, let to = scope.to, to <= from { throw .malformed("a hold ends after it begins") }
        self.id = id
        self.scope = scope
        self.reason = reason
        self.placedBy = placedBy
        self.until = until
    }

    package func isInForce(at time: EventTime) -> Bool {
        until.map { time < $0 } ?? true
    }

    /// In canonical JSON.
    package var bytes: [UInt8] { JSONValue.object(object).canonicalBytes() }

    package var object: JSONObject {
        var object: JSONObject = [
            "hold_id": .string(id.lowercaseText), "placed_by": .string(placedBy), "reason": .string(reason),
        ]
        object["tenant_id"] = scope.tenant.map { .string($0.rawValue.lowercaseText) }
        object["subject"] = scope.subject.map { .string($0.rawValue.lowercaseText) }
        object["stream"] = scope.stream.map { .string($0.name) }
        object["class"] = scope.retention.map { .string($0.rawValue) }
        object["from"] = scope.from.map { .string($0.text) }
        object["to"] = scope.to.map { .string($0.text) }
        object["until"] = until.map { .string($0.text) }
        return object
    }

    package init(_ object: JSONObject) throws(RetentionError) {
        let reader = MemberReader(object, "a hold")
        var scope = Scope()
        scope.tenant = try reader.uuid("tenant_id").map(TenantID.init)
        scope.subject = try reader.uuid("subject").map(ActorHandle.init)
        if let name = try reader.optionalText("stream") {
            guard let stream = StreamID(name) else { throw .malformed("a hold: \(name) is no stream") }
            scope.stream = stream
        }
        if object["class"] != nil { scope.retention = try reader.value("class") as RetentionClass }
        scope.from = try reader.time("from")
        scope.to = try reader.time("to")
        guard let id = try reader.uuid("hold_id") else { throw .malformed("a hold has an identifier") }
        try reader.finish([
            "class", "from", "hold_id", "placed_by", "reason", "stream", "subject", "tenant_id", "to", "until",
        ])
        try self.init(
            id: id, scope: scope, reason: try reader.text("reason"), placedBy: try reader.text("placed_by"),
            until: try reader.time("until"))
    }
}

/// The end of a hold before its time.
package struct HoldRelease: Sendable, Hashable {
    package let hold: UUID
    package let reason: String
    package let releasedBy: String

    package init(hold: UUID, reason: String, releasedBy: String) throws(RetentionError) {
        for text in [reason, releasedBy] where text.isEmpty || text.utf8.count > LegalHold.maximumTextBytes {
            throw .malformed("a release names its reason and office, in 1 to \(LegalHold.maximumTextBytes) bytes")
        }
        self.hold = hold
        self.reason = reason
        self.releasedBy = releasedBy
    }

    package var bytes: [UInt8] {
        JSONValue.object([
            "hold_id": .string(hold.lowercaseText), "reason": .string(reason), "released_by": .string(releasedBy),
        ]).canonicalBytes()
    }

    package init(_ object: JSONObject) throws(RetentionError) {
        let reader = MemberReader(object, "a release")
        guard let hold = try reader.uuid("hold_id") else { throw .malformed("a release names its hold") }
        try reader.finish(["hold_id", "reason", "released_by"])
        try self.init(hold: hold, reason: try reader.text("reason"), releasedBy: try reader.text("released_by"))
    }
}

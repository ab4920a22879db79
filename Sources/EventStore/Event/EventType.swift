/// A kind of event in the closed registry: what is written today under this name.
package struct EventType: Sendable, Hashable {
    /// Such as `credit.debited`.
    package let name: String
    /// Raised with every change of the payload; older versions are read through upcasters.
    package let schemaVersion: Int16
    package let retention: RetentionClass
    /// The category of the streams it may be appended to.
    package let category: String
    /// Whether it is about a person: then it is kept sealed under the key of its actor, and needs one.
    package let isSealed: Bool

    package init(
        _ name: String, schemaVersion: Int16 = 1, retention: RetentionClass, category: String, isSealed: Bool = false
    ) {
        self.name = name
        self.schemaVersion = schemaVersion
        self.retention = retention
        self.category = category
        self.isSealed = isSealed
    }
}

/// An event as decided, before it has a position: its type, and its payload in canonical JSON (RFC 8785).
package struct NewEvent: Sendable {
    package let type: EventType
    package let data: [UInt8]

    package init(_ type: EventType, data: [UInt8]) {
        self.type = type
        self.data = data
    }
}

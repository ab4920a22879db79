import CanonicalJSON
package import EventStore

/// That somebody read the log, or what it comes to, with the right of an auditor or of who answers for people's data: who
/// looks stands where they looked.
package struct AuditRead: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        /// An answer of bounded size.
        case page
        /// Everything that matches, as a stream.
        case export
    }

    /// What was asked, by its path.
    package enum Route: String, Sendable, CaseIterable {
        case events = "/v1/audit/events"
        case balance = "/v1/credits/balance"
        case statement = "/v1/credits/statement"
        case captures = "/v1/captures"
        case receipts = "/v1/receipts"
        case privacySubjects = "/v1/privacy/subjects"
        case privacyRequests = "/v1/privacy/requests"
        case retentionSchedule = "/v1/retention/schedule"
        case erasures = "/v1/erasures"
    }

    package let route: Route
    package let kind: Kind
    /// What was asked for, by the names of the query's parameters. Their values have all been checked: none is free text.
    package let filters: [String: String]
    /// Between which positions the answer was looked for, the last one exclusive; nil where nothing was found.
    package let positions: Range<LogPosition>?

    package init(route: Route, kind: Kind, filters: [String: String], positions: Range<LogPosition>?) {
        self.route = route
        self.kind = kind
        self.filters = filters
        self.positions = positions
    }

    package var newEvent: NewEvent {
        var json = CanonicalWriter(reserving: 256)
        json.beginObject()
        json.key("filters")
        json.beginObject()
        for (name, value) in filters.sorted(by: { $0.key < $1.key }) { json.text(name, value) }
        json.endObject()
        if let positions { json.position("from_position", positions.lowerBound) }
        json.text("kind", kind.rawValue)
        json.text("route", route.rawValue)
        if let positions { json.position("to_position", positions.upperBound) }
        json.endObject()
        return NewEvent(EventCatalog.auditRead, data: json.bytes)
    }

    init(_ payload: PayloadReader) throws(EventDecodingError) {
        let from = try payload.optionalIntegerText("from_position")
        let to = try payload.optionalIntegerText("to_position")
        switch (from, to) {
        case (nil, nil): positions = nil
        case (let from?, let to?) where 0 <= from && from <= to: positions = LogPosition(from)..<LogPosition(to)
        default: throw .malformed(type: EventCatalog.auditRead.name, reason: "the positions are no range")
        }
        route = try payload.value("route", as: Route.self)
        kind = try payload.value("kind", as: Kind.self)
        filters = try payload.texts("filters")
    }
}

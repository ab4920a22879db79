import Billing
package import EventStore

/// What a reader of the log asks for. All conditions hold together; nil holds for every event.
package struct AuditQuery: Sendable, Hashable {
    package var tenant: TenantID?
    package var stream: StreamID?
    /// A name of the catalog.
    package var type: EventType?
    package var actor: ActorHandle?
    /// When events were recorded: the first time inclusive, the last one exclusive.
    package var from: EventTime?
    package var to: EventTime?
    /// Where events stand: the first position inclusive, the last one exclusive.
    package var fromPosition: LogPosition?
    package var toPosition: LogPosition?

    package init() {}

    var filter: EventFilter {
        EventFilter(
            tenant: tenant, stream: stream, type: type?.name, actor: actor,
            retention: type?.retention ?? stream.flatMap { EventCatalog.retention(ofCategory: $0.category) })
    }

    /// The conditions by the names of the query's parameters, as they are recorded and stand in a manifest.
    package var filters: [String: String] {
        var filters: [String: String] = [:]
        filters["tenant_id"] = tenant?.rawValue.lowercaseText
        filters["stream"] = stream?.name
        filters["type"] = type?.name
        filters["actor"] = actor?.rawValue.lowercaseText
        filters["from"] = from?.text
        filters["to"] = to?.text
        filters["from_position"] = fromPosition.map { String($0.rawValue) }
        filters["to_position"] = toPosition.map { String($0.rawValue) }
        return filters
    }
}

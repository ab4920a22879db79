import AuditLog
import Billing
import Edge
import EventStore
import Foundation
import HTTPTypes
import Hummingbird

/// What is asked of the log's events, by whom, and in which form.
struct AuditEventsQuery {
    static let maximumPage = 1_000
    static let defaultPage = 100
    /// Longer than any name in the catalog.
    private static let maximumTypeBytes = 100

    enum Form: String, CaseIterable {
        case json, ndjson
    }

    enum Reach {
        /// A user's own tenant.
        case own
        /// Any tenant, or all of them.
        case all
    }

    let query: AuditQuery
    let form: Form
    let limit: Int
    let cursor: AuditCursor?
    let reach: Reach
    let actor: ActorHandle
    /// In whose stream the read is recorded: of the tenant that is read; for all of them, the reader's own.
    let recordedIn: TenantID

    init(_ request: Request, _ caller: Caller) throws(ProblemDetails) {
        var reader = QueryReader(request)
        var query = AuditQuery()
        switch caller {
        case .user:
            let user = try caller.user(with: .audit)
            (reach, actor, recordedIn) = (.own, user.actor, user.tenant)
            query.tenant = user.tenant
        case .application(let operatorTenant, _, _):
            (reach, actor) = (.all, try caller.application(with: .auditor))
            query.tenant = reader.optionalUUID("tenant_id").flatMap(UUID.init(text:)).map(TenantID.init)
            recordedIn = query.tenant ?? operatorTenant
        }
        query.readConditions(&reader, maximumTypeBytes: Self.maximumTypeBytes)
        form = reader.optionalEnumeration("format") ?? (request.headers.wantLines ? .ndjson : .json)
        if form == .ndjson {
            for name in ["limit", "cursor"] where reader.optionalString(name) != nil {
                reader.refuse(name, "has no meaning for an export")
            }
            (limit, cursor) = (AuditExport.pageSize, nil)
        } else {
            limit = reader.limit(upTo: Self.maximumPage, default: Self.defaultPage)
            let text = reader.cursor()
            cursor = text.flatMap(AuditCursor.init)
            if text != nil, cursor == nil { reader.refuse("cursor", "is not a cursor of this service") }
        }
        try reader.finish()
        self.query = query
    }

    /// The query of a page as it is recorded.
    var filters: [String: String] {
        var filters = query.filters
        guard form == .json else { return filters }
        filters["limit"] = String(limit)
        filters["cursor"] = cursor?.text
        return filters
    }
}

extension AuditQuery {
    fileprivate mutating func readConditions(_ reader: inout QueryReader, maximumTypeBytes: Int) {
        if let name = reader.optionalString("stream", maximumBytes: StreamID.maximumLength) {
            stream = StreamID(name).flatMap { Streams.isNamed($0) ? $0 : nil }
            if stream == nil { reader.refuse("stream", "is not a name of a stream") }
        }
        if let name = reader.optionalString("type", maximumBytes: maximumTypeBytes) {
            type = EventCatalog.type(named: name)
            if type == nil { reader.refuse("type", "is not a type of events") }
        }
        actor = reader.optionalUUID("actor").flatMap(UUID.init(text:)).map(ActorHandle.init)
        from = reader.optionalTimestamp("from").map(EventTime.init)
        to = reader.optionalTimestamp("to").map(EventTime.init)
        if let from, let to, from > to { reader.refuse("to", "must not be before from") }
        fromPosition = reader.optionalInteger("from_position", in: 0...Int64.max).map(LogPosition.init)
        toPosition = reader.optionalInteger("to_position", in: 0...Int64.max).map(LogPosition.init)
        if let fromPosition, let toPosition, fromPosition > toPosition {
            reader.refuse("to_position", "must not be before from_position")
        }
    }
}

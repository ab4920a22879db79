import Billing
package import CanonicalJSON
import Edge
package import EventStore
import Foundation
import Hummingbird
package import Projections

/// A page of the register of requests, newest first: `limit` items before the cursor, which is the position of the last
/// item of the page before.
struct RequestsQuery {
    let filter: RequestRegister.Filter?
    let tenant: TenantID?
    let before: LogPosition?
    let limit: Int

    init(_ request: Request) throws(ProblemDetails) {
        var query = QueryReader(request)
        filter = query.optionalEnumeration("state")
        tenant = query.optionalUUID("tenant_id").flatMap(UUID.init(text:)).map(TenantID.init)
        limit = query.limit(upTo: PrivacyDeskRoutes.maximumPage, default: PrivacyDeskRoutes.defaultPage)
        let cursor = query.cursor()
        before = cursor.flatMap(LogPosition.init(cursor:))
        if cursor != nil, before == nil { query.refuse("cursor", "is not a cursor of this service") }
        try query.finish()
    }

    /// As the read is recorded.
    var filters: [String: String] {
        var filters = ["limit": String(limit)]
        filters["state"] = filter?.rawValue
        filters["tenant_id"] = tenant?.rawValue.lowercaseText
        filters["cursor"] = before.map { String($0.rawValue) }
        return filters
    }

    /// What was looked through for these positions, newest first, one more than the limit if there are more.
    func covered(_ found: [LogPosition]) -> Range<LogPosition>? {
        guard let newest = found.first, let oldest = found.prefix(limit).last else { return nil }
        return oldest..<(before ?? LogPosition(newest.rawValue + 1))
    }

    func encode(_ entries: [RequestRegister.Entry], now: EventTime) -> [UInt8] {
        let page = entries.prefix(limit)
        var json = CanonicalWriter(reserving: 64 + 384 * page.count)
        json.beginObject()
        json.key("items")
        json.beginArray()
        for entry in page { json.raw(JSONValue.object(entry.object(now: now)).canonicalBytes()) }
        json.endArray()
        json.key("next_cursor")
        if entries.count > limit, let last = page.last {
            json.integerText(last.position.rawValue)
        } else {
            json.null()
        }
        json.endObject()
        return json.bytes
    }
}

extension RequestRegister.Entry {
    /// As it is shown, at the interface and on the command line.
    package func object(now: EventTime) -> JSONObject {
        var object: JSONObject = [
            "channel": .string(request.channel.rawValue), "due": .string(request.due.text),
            "kind": .string(request.kind.rawValue), "position": .string(String(position.rawValue)),
            "received_at": .string(request.receivedAt.text), "recorded_at": .string(recordedAt.text),
            "request": .string(request.id.lowercaseText),
            "subject": .string(subject.handle.rawValue.lowercaseText),
            "tenant_id": .string(subject.tenant.rawValue.lowercaseText),
        ]
        switch closed?.as {
        case nil: object["state"] = .string(isOverdue(at: now) ? "overdue" : "open")
        case .fulfilled: object["state"] = .string("fulfilled")
        case .refused(let reason):
            object["state"] = .string("refused")
            object["reason"] = .string(reason.rawValue)
        }
        object["closed_at"] = closed.map { .string($0.at.text) }
        return object
    }
}

extension LogPosition {
    /// Each position has one spelling, which is that of `next_cursor`.
    fileprivate init?(cursor: String) {
        guard let number = Int64(cursor), number >= 0, String(number) == cursor else { return nil }
        self.init(number)
    }
}

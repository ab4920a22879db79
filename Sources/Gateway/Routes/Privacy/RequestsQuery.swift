import Billing
package import CanonicalJSON
import Edge
package import EventStore
import Foundation
import Hummingbird
package import Projections

/// A page of the register of requests.
struct RequestsQuery {
    let filter: RequestRegister.Filter?
    let tenant: TenantID?
    let page: PositionPage

    init(_ request: Request) throws(ProblemDetails) {
        var query = QueryReader(request)
        filter = query.optionalEnumeration("state")
        tenant = query.optionalUUID("tenant_id").flatMap(UUID.init(text:)).map(TenantID.init)
        page = PositionPage(&query, upTo: PrivacyDeskRoutes.maximumPage, default: PrivacyDeskRoutes.defaultPage)
        try query.finish()
    }

    /// As the read is recorded.
    var filters: [String: String] {
        var filters = page.filters
        filters["state"] = filter?.rawValue
        filters["tenant_id"] = tenant?.rawValue.lowercaseText
        return filters
    }

    func encode(_ entries: [RequestRegister.Entry], now: EventTime) -> [UInt8] {
        page.encode(entries, position: \.position) { json, entry in
            json.raw(JSONValue.object(entry.object(now: now)).canonicalBytes())
        }
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

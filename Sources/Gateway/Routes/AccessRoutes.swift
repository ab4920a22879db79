import AuditLog
import CanonicalJSON
import Edge
import EventStore
import Foundation
import Hummingbird
import Retention
import TransparencyLog

/// When people of the service's staff were let at the database where a customer's data is, why, and what kind of access it
/// was: for that customer. Who it was is not told; that both of it are people of a roster of two, the log holds.
struct AccessRoutes {
    let admission: Admission
    /// With the gateway's role: row-level security lets through what concerns one tenant.
    let accesses: AccessHistory
    let receipts: Receipts

    func add(to router: Router<GatewayContext>) {
        router.get("v1/audit/accesses", use: list)
    }

    @Sendable func list(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.serve(request, context) { admitted in
            let user = try admitted.caller.user(with: .audit)
            var query = QueryReader(request)
            let page = PositionPage(&query, upTo: HistoryRoutes.maximumPage, default: HistoryRoutes.defaultPage)
            let hasReceipts = query.optionalBoolean("receipts") ?? false
            try query.finish()
            let found = try await accesses.entries(concerning: user.tenant, before: page.before, limit: page.limit + 1)
            var items: [(position: LogPosition, object: JSONObject)] = []
            for (index, entry) in found.enumerated() {
                var object = entry.object
                if hasReceipts, index < page.limit {
                    object["receipt"] = try await receipt(entry.position)
                    object["ended_receipt"] = try await receipt(entry.endedPosition)
                }
                items.append((entry.position, object))
            }
            return admitted.json(
                .ok,
                page.encode(items, position: \.position) { json, item in
                    json.raw(JSONValue.object(item.object).canonicalBytes())
                })
        }
    }

    /// Null where there is no such event yet, or any more.
    private func receipt(_ position: LogPosition?) async throws -> JSONValue {
        guard let position, let receipt = try await receipts.receipt(at: position, of: .system) else { return .null }
        return .string(String(decoding: receipt.encoded(), as: UTF8.self))
    }
}

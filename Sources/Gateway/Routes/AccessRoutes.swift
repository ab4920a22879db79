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
            let limit = query.limit(upTo: HistoryRoutes.maximumPage, default: HistoryRoutes.defaultPage)
            let text = query.cursor()
            let before = text.flatMap(Int64.init).map(LogPosition.init)
            if let text, before.map({ $0.rawValue >= 0 && String($0.rawValue) == text }) != true {
                query.refuse("cursor", "is not a cursor of this service")
            }
            let hasReceipts = query.optionalBoolean("receipts") ?? false
            try query.finish()
            let found = try await accesses.entries(concerning: user.tenant, before: before, limit: limit + 1)
            var items: [JSONValue] = []
            for entry in found.prefix(limit) {
                var object = entry.object
                if hasReceipts {
                    object["receipt"] = try await receipt(entry.position)
                    object["ended_receipt"] = try await receipt(entry.endedPosition)
                }
                items.append(.object(object))
            }
            let next = found.count > limit ? found.prefix(limit).last?.position : nil
            let page: JSONObject = [
                "items": .array(items), "next_cursor": next.map { .string(String($0.rawValue)) } ?? .null,
            ]
            return admitted.json(.ok, JSONValue.object(page).canonicalBytes())
        }
    }

    /// Null where there is no such event yet, or any more.
    private func receipt(_ position: LogPosition?) async throws -> JSONValue {
        guard let position, let receipt = try await receipts.receipt(at: position, of: .system) else { return .null }
        return .string(String(decoding: receipt.encoded(), as: UTF8.self))
    }
}

import CanonicalJSON
import CreditDomain
import EventStore
import Foundation
package import TransparencyLog

extension Command<AccountState> {
    static func hold(_ request: HoldRequest, idempotencyKey: String, by requester: Requester) -> Self {
        let id = UUID().lowercaseText
        return Command(
            tenant: request.tenant, actor: requester.actor, request: requester.request,
            key: CommandKeys.key(.hold, idempotencyKey, fingerprint: request.fingerprint),
            streams: [Streams.account(request.product)]
        ) { draft in
            let decided = try draft.decide(
                .hold(id: HoldID(id), units: request.units, timeToLiveSeconds: request.timeToLiveSeconds),
                on: request.product)
            guard case .held(let placed)? = decided.last?.event, let position = decided.last?.position else {
                preconditionFailure("a hold decides a hold")
            }
            var json = CanonicalWriter(reserving: 224)
            json.beginObject()
            json.credits("available", draft.available(request.product))
            json.time("expires_at", placed.expiresAt)
            json.text("hold_id", id)
            json.position("position", position)
            json.text("product", request.product.rawValue)
            json.credits("units", placed.units)
            json.endObject()
            return json.bytes
        }
    }

    /// A hold's identifier doesn't tell its product, so every account that the caller may spend from is looked at.
    static func voidHold(
        _ hold: HoldID, of tenant: TenantID, products: Set<Product>, idempotencyKey: String, by requester: Requester
    ) -> Self {
        let products = Product.allCases.filter(products.contains)
        return Command(
            tenant: tenant, actor: requester.actor, request: requester.request,
            key: CommandKeys.key(.voidHold, idempotencyKey, fingerprint: CommandKeys.voidFingerprint(hold)),
            streams: products.map(Streams.account)
        ) { draft in
            let owner = products.first { product in draft.state(of: Streams.account(product)).hold(hold) != nil }
            guard let owner else { throw CreditError.unknownHold }
            let decided = try draft.decide(.voidHold(hold), on: owner)
            var json = CanonicalWriter(reserving: 160)
            json.beginObject()
            json.credits("available", draft.available(owner))
            json.text("hold_id", hold.rawValue)
            json.position("position", decided.position { if case .holdVoided = $0 { true } else { false } })
            json.text("product", owner.rawValue)
            json.endObject()
            return json.bytes
        }
    }
}

extension HoldRequest {
    /// Of the request: two holds under one key are the same request if this is.
    package var fingerprint: TreeHash {
        CommandKeys.fingerprint("hold", product.rawValue, String(units.rawValue), String(timeToLiveSeconds))
    }
}

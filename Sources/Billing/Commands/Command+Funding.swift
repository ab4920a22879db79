import CanonicalJSON
import CreditDomain
import EventStore
package import TransparencyLog

extension Command<AccountState> {
    static func grant(_ order: GrantOrder, idempotencyKey: String, by requester: Requester) -> Self {
        let product = order.product
        return Command(
            tenant: order.tenant, actor: requester.actor, request: requester.request,
            key: CommandKeys.key(.grant, idempotencyKey, fingerprint: order.fingerprint),
            streams: [Streams.tenant, Streams.account(product)]
        ) { draft in
            draft.registerTenantIfNew()
            let decided = try draft.decide(.grant(order.grant), on: product)
            guard case .granted(let granted)? = decided.last?.event, let position = decided.last?.position else {
                preconditionFailure("a grant decides a grant")
            }
            // A time that has no text, or a reference that JSON can't hold, would make the account unreadable for ever.
            _ = try DomainEvent(CreditEvent.granted(granted).newEvent)
            var json = CanonicalWriter(reserving: 224)
            json.beginObject()
            json.credits("available", draft.available(product))
            json.key("grant")
            json.integer(Int(granted.number.rawValue))
            json.position("position", position)
            json.text("product", product.rawValue)
            json.text("reference", granted.reference)
            json.credits("units", granted.units)
            json.endObject()
            return json.bytes
        }
    }

    static func refund(
        _ debit: Debit, product: Product, of tenant: TenantID, idempotencyKey: String, by requester: Requester
    ) -> Self {
        let fingerprint = CommandKeys.refundFingerprint(debit.id)
        return Command(
            tenant: tenant, actor: requester.actor, request: requester.request,
            key: CommandKeys.key(.refund, idempotencyKey, fingerprint: fingerprint),
            claim: CommandKeys.key(.refundOf, debit.id.rawValue, fingerprint: fingerprint),
            streams: [Streams.account(product)]
        ) { draft in
            let current = Debit(
                id: debit.id, units: debit.units, allocations: debit.allocations,
                isRefunded: draft.claimHolder != nil)
            let decided = try draft.decide(.refund(current), on: product)
            var lapsed: Int64 = 0
            for case .grantExpired(_, let units) in decided.drop(while: { !$0.event.isRefund }).map(\.event) {
                lapsed += units.rawValue
            }
            var json = CanonicalWriter(reserving: 224)
            json.beginObject()
            json.credits("available", draft.available(product))
            json.text("capture_id", debit.id.rawValue)
            json.credits("lapsed", Credits(lapsed))
            json.position("position", decided.position(where: \.isRefund))
            json.text("product", product.rawValue)
            json.credits("refunded", debit.units)
            json.endObject()
            return json.bytes
        }
    }

    static func register(tenant: TenantID, subject: ActorHandle?, by requester: Requester) -> Self {
        let stream = subject.map(Streams.subject)
        return Command(
            tenant: tenant, actor: requester.actor, request: requester.request,
            streams: [Streams.tenant] + [stream].compactMap(\.self)
        ) { draft in
            draft.registerTenantIfNew()
            if let stream, draft.version(of: stream) == .none {
                draft.append(NewEvent(EventCatalog.subjectRegistered, data: Array("{}".utf8)), to: stream)
            }
            return Array("{}".utf8)
        }
    }

    static func settle(_ product: Product, of tenant: TenantID) -> Self {
        Command(tenant: tenant, actor: nil, request: nil, streams: [Streams.account(product)]) { draft in
            try draft.decide(.settle, on: product)
            return Array("{}".utf8)
        }
    }
}

extension CreditEvent {
    fileprivate var isRefund: Bool {
        if case .refunded = self { true } else { false }
    }
}

extension GrantOrder {
    /// Of the request: two grants under one key are the same request if this is.
    package var fingerprint: TreeHash {
        CommandKeys.fingerprint(
            "grant", product.rawValue, grant.source.rawValue, grant.reference, String(grant.units.rawValue),
            String(grant.priority), grant.effectiveAt.map { String($0.microseconds) } ?? "",
            grant.expiresAt.map { String($0.microseconds) } ?? "")
    }
}

import Billing
import Edge
import Hummingbird

/// What the operator's billing backend does: grant and refund.
struct FundingRoutes {
    let admission: Admission
    let ledger: CreditLedger

    func add(to router: Router<GatewayContext>) {
        router.post("v1/grants", use: grant)
        router.post("v1/debits/{capture_id}/refund", use: refund)
    }

    @Sendable func grant(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.command(request, context) { admitted in
            let actor = try admitted.caller.application(with: .billing)
            let key = try IdempotencyKeyHeader.require(request.headers)
            let body = try GrantBody(await StrictBody.object(of: request))
            let accepted = try await ledger.grant(
                body.order, idempotencyKey: key, by: admitted.requester(actor))
            return await admitted.answer(accepted, of: body.order.tenant, new: .created, replayed: .created)
        }
    }

    @Sendable func refund(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.command(request, context) { admitted in
            let actor = try admitted.caller.application(with: .billing)
            let key = try IdempotencyKeyHeader.require(request.headers)
            let capture = try PathIdentifier.uuid("capture_id", in: context)
            let body = try RefundBody(await StrictBody.object(of: request))
            let accepted = try await ledger.refund(
                capture: capture, of: body.tenant, idempotencyKey: key, by: admitted.requester(actor))
            return await admitted.answer(accepted, of: body.tenant, new: .created, replayed: .created)
        }
    }
}

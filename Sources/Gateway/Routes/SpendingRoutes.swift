import Billing
import CreditDomain
import Edge
import Hummingbird
import Projections

/// What a product's client does on behalf of its user: check, capture, hold.
struct SpendingRoutes {
    let admission: Admission
    let ledger: CreditLedger
    let restrictions: RestrictionRegister

    func add(to router: Router<GatewayContext>) {
        router.post("v1/credits/check", use: check)
        router.post("v1/captures", use: capture)
        router.post("v1/holds", use: hold)
        router.post("v1/holds/{hold_id}/void", use: voidHold)
    }

    @Sendable func check(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.command(request, context) { admitted in
            let user = try admitted.caller.user(with: .credits)
            try restrictions.requireProcessing(of: DataSubject(user.tenant, user.actor))
            let body = try CheckBody(await StrictBody.object(of: request))
            try body.product.requireEntitlement(among: user.products)
            let accepted = try await ledger.check(
                CheckRequest(tenant: user.tenant, product: body.product, units: body.units),
                by: admitted.requester(user.key))
            return await admitted.answer(accepted, of: user.tenant, new: .ok, replayed: .ok)
        }
    }

    @Sendable func capture(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.command(request, context) { admitted in
            let user = try admitted.caller.user(with: .credits)
            try restrictions.requireProcessing(of: DataSubject(user.tenant, user.actor))
            let body = try CaptureBody(await StrictBody.object(of: request))
            try body.capture.product.requireEntitlement(among: user.products)
            let accepted = try await ledger.capture(
                CaptureRequest(tenant: user.tenant, capture: body.capture, hold: body.hold),
                by: admitted.requester(user.key))
            return await admitted.answer(accepted, of: user.tenant, new: .created, replayed: .ok)
        }
    }

    @Sendable func hold(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.command(request, context) { admitted in
            let user = try admitted.caller.user(with: .credits)
            try restrictions.requireProcessing(of: DataSubject(user.tenant, user.actor))
            let key = try IdempotencyKeyHeader.require(request.headers)
            let body = try HoldBody(await StrictBody.object(of: request))
            try body.product.requireEntitlement(among: user.products)
            let accepted = try await ledger.hold(
                HoldRequest(
                    tenant: user.tenant, product: body.product, units: body.units, timeToLiveSeconds: body.seconds),
                idempotencyKey: key, by: admitted.requester(user.key))
            return await admitted.answer(accepted, of: user.tenant, new: .created, replayed: .created)
        }
    }

    @Sendable func voidHold(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.command(request, context) { admitted in
            let user = try admitted.caller.user(with: .credits)
            try restrictions.requireProcessing(of: DataSubject(user.tenant, user.actor))
            let key = try IdempotencyKeyHeader.require(request.headers)
            let hold = HoldID(try PathIdentifier.uuid("hold_id", in: context))
            try await StrictBody.requireEmptyOrEmptyObject(request)
            let accepted = try await ledger.voidHold(
                hold, of: user.tenant, products: user.products, idempotencyKey: key,
                by: admitted.requester(user.key))
            return await admitted.answer(accepted, of: user.tenant, new: .ok, replayed: .ok)
        }
    }
}

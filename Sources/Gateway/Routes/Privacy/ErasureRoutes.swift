import AuditLog
package import Billing
package import CanonicalJSON
import Edge
import EventStore
import Foundation
import HTTPTypes
import Hummingbird
import Retention

/// Erasure: of oneself, by whoever has signed in just now; of a whole tenant, by those who answer for people's data.
struct ErasureRoutes {
    let admission: Admission
    let erasures: ErasureLedger
    let privacy: PrivacyLedger
    let ledger: CreditLedger
    let callBacks: [CallBack]
    /// That tokens are judged with.
    let tokenClock: WallClock

    func add(to router: Router<GatewayContext>) {
        router.delete("v1/me", use: person)
        router.delete("v1/tenants/{tenant}", use: tenant)
        router.get("v1/erasures/{request}", use: state)
    }

    @Sendable func person(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.command(request, context) { admitted in
            let subject = try admitted.caller.person()
            try admitted.caller.requireRecentAuthentication(now: tokenClock.now())
            try await StrictBody.requireEmptyOrEmptyObject(request)
            // Into the register first, so that it is on somebody's list whatever happens next.
            _ = try await privacy.record(
                .erasure, by: .interface, of: subject,
                idempotencyKey: "erasure-\(subject.handle.rawValue.lowercaseText)",
                by: admitted.requester(subject.handle))
            return try await begin(
                subject.tenant, subject.handle, key: "", for: admitted, by: admitted.requester(subject.handle))
        }
    }

    @Sendable func tenant(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.command(request, context) { admitted in
            let actor = try admitted.caller.application(with: .privacy)
            guard let tenant = UUID(text: try PathIdentifier.uuid("tenant", in: context)) else {
                throw ProblemDetails(.validation)
            }
            let key = try IdempotencyKeyHeader.require(request.headers)
            try await StrictBody.requireEmptyOrEmptyObject(request)
            return try await begin(TenantID(tenant), nil, key: key, for: admitted, by: admitted.requester(actor))
        }
    }

    @Sendable func state(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.serve(request, context) { admitted in
            let staff = try admitted.caller.staff()
            let query = QueryReader(request)
            try query.finish()
            guard let id = UUID(text: try PathIdentifier.uuid("request", in: context)),
                let erasure = try await erasures.erasure(id)
            else { throw ProblemDetails(.notFound, detail: "There is no such erasure.") }
            try await ledger.record(
                AuditRead(route: .erasures, kind: .page, filters: ["request": id.lowercaseText], positions: nil),
                of: erasure.begun.tenant, by: admitted.requester(staff.actor))
            return admitted.json(.ok, JSONValue.object(erasure.object).canonicalBytes())
        }
    }

    private func begin(
        _ tenant: TenantID, _ subject: ActorHandle?, key: String, for admitted: Admitted, by requester: Requester
    ) async throws -> Response {
        let accepted = try await erasures.begin(
            tenant, subject, stores: ErasureDriver.stores(callBacks), idempotencyKey: key, by: requester)
        return await admitted.answer(accepted, of: .system, new: .accepted, replayed: .accepted)
    }
}

extension RecordedErasure {
    /// As it is shown to those who answer for it.
    package var object: JSONObject {
        var object: JSONObject = [
            "complete": .bool(process.isComplete), "due": .string(begun.due.text),
            "pending_stores": .array(process.pendingStores.sorted().map(JSONValue.string)),
            "position": .string(String(position.rawValue)), "recorded_at": .string(recordedAt.text),
            "request": .string(begun.request.lowercaseText),
            "tenant_id": .string(begun.tenant.rawValue.lowercaseText),
        ]
        object["stage"] = process.stage.map { .string($0.name) }
        object["subject"] = begun.subject.map { .string($0.rawValue.lowercaseText) }
        return object
    }
}

import AuditLog
import Billing
import CanonicalJSON
import Edge
import EventStore
import Foundation
import Hummingbird
import Projections

/// What those do who answer for people's data: see what was asked and when it is due, record what came by other ways,
/// say what came of it, and impose or lift limits.
struct PrivacyDeskRoutes {
    static let maximumPage = 200
    static let defaultPage = 50

    let admission: Admission
    let privacy: PrivacyLedger
    let restrictions: RestrictionRegister
    let register: RequestRegister
    let subjects: SubjectDirectory
    let ledger: CreditLedger
    let clock: WallClock

    func add(to router: Router<GatewayContext>) {
        router.get("v1/privacy/subjects", use: find)
        router.get("v1/privacy/requests", use: list)
        router.post("v1/privacy/requests", use: record)
        router.post("v1/privacy/requests/{request}/fulfilled") { try await close($0, $1) { _ in .fulfilled } }
        router.post("v1/privacy/requests/{request}/refused") { request, context in
            try await close(request, context) { object in object.enumeration("reason").map(PrivacyClosing.refused) }
        }
        router.post("v1/privacy/restrictions", use: limit)
    }

    /// Whose handle an identifier of the identity provider is. The record of it names the handle, not the identifier.
    @Sendable func find(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.serve(request, context) { admitted in
            let staff = try admitted.caller.staff()
            var query = QueryReader(request)
            let tenant = query.uuid("tenant_id").flatMap(UUID.init(text:)).map(TenantID.init)
            let object = query.uuid("object_id").flatMap(UUID.init(text:))
            try query.finish()
            guard let tenant, let object else { throw ProblemDetails(.validation) }
            let subject = try await subjects.knownHandle(of: object, in: tenant)?.rawValue.lowercaseText
            var filters = ["tenant_id": tenant.rawValue.lowercaseText]
            filters["subject"] = subject
            // Also where there is nobody: who is not a customer's user is an answer, too.
            try await ledger.record(
                AuditRead(route: .privacySubjects, kind: .page, filters: filters, positions: nil), of: tenant,
                by: admitted.requester(staff.actor))
            guard let subject else { throw PrivacyError.unknownSubject }
            let answer: JSONObject = ["subject": .string(subject)]
            return admitted.json(.ok, JSONValue.object(answer).canonicalBytes())
        }
    }

    @Sendable func list(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.serve(request, context) { admitted in
            let staff = try admitted.caller.staff()
            let asked = try RequestsQuery(request)
            let now = clock.now()
            let entries = try await register.entries(
                asked.filter, of: asked.tenant, before: asked.page.before, now: now, limit: asked.page.limit + 1)
            try await ledger.record(
                AuditRead(
                    route: .privacyRequests, kind: .page, filters: asked.filters,
                    positions: asked.page.covered(entries.map(\.position))),
                of: asked.tenant ?? staff.tenant, by: admitted.requester(staff.actor))
            return admitted.json(.ok, asked.encode(entries, now: now))
        }
    }

    @Sendable func record(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.command(request, context) { admitted in
            let staff = try admitted.caller.staff()
            let key = try IdempotencyKeyHeader.require(request.headers)
            let body = try RequestBody(await StrictBody.object(of: request))
            let accepted = try await privacy.record(
                body.kind, by: body.channel, receivedAt: body.receivedAt, of: body.subject, idempotencyKey: key,
                by: admitted.requester(staff.actor))
            return await admitted.answer(accepted, of: body.subject.tenant, new: .created, replayed: .created)
        }
    }

    private func close(
        _ request: Request, _ context: GatewayContext,
        _ read: @Sendable (inout StrictObject) -> PrivacyClosing?
    ) async throws -> Response {
        try await admission.command(request, context) { admitted in
            let staff = try admitted.caller.staff()
            let id = UUID(text: try PathIdentifier.uuid("request", in: context))
            var object = try await StrictBody.object(of: request)
            let reference = SubjectReference(&object)
            let closing = read(&object)
            try object.finish()
            guard let id, let closing else { throw ProblemDetails(.validation) }
            let subject = try reference.known()
            let accepted = try await privacy.close(
                id, as: closing, of: subject, by: admitted.requester(staff.actor))
            return await admitted.answer(accepted, of: subject.tenant, new: .ok, replayed: .ok)
        }
    }

    @Sendable func limit(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.command(request, context) { admitted in
            let staff = try admitted.caller.staff()
            let body = try LimitBody(await StrictBody.object(of: request))
            return try await restrictions.change(
                body.change, body.limit, of: body.subject, isAsked: false, with: privacy, for: admitted,
                by: admitted.requester(staff.actor))
        }
    }
}

import Billing
import Edge
import EventStore
import Hummingbird
import Projections

/// What people may have done about their own data: stored and no more, or given to them. Whatever the client and the
/// scopes of their token are.
struct PersonalRoutes {
    let admission: Admission
    let privacy: PrivacyLedger
    let restrictions: RestrictionRegister

    func add(to router: Router<GatewayContext>) {
        for limit in ProcessingLimit.chosen {
            let path = RouterPath("v1/me/\(limit.rawValue)")
            router.post(path) { try await change(.impose, limit, $0, $1) }
            router.delete(path) { try await change(.lift, limit, $0, $1) }
        }
        router.post("v1/me/export", use: export)
    }

    private func change(
        _ change: ProcessingLimits.Change, _ limit: ProcessingLimit, _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        try await admission.command(request, context) { admitted in
            let subject = try admitted.caller.person()
            try await StrictBody.requireEmptyOrEmptyObject(request)
            return try await restrictions.change(
                change, limit, of: subject, isAsked: true, with: privacy, for: admitted,
                by: admitted.requester(subject.handle))
        }
    }

    @Sendable func export(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.command(request, context) { admitted in
            let subject = try admitted.caller.person()
            let key = try IdempotencyKeyHeader.require(request.headers)
            try await StrictBody.requireEmptyOrEmptyObject(request)
            let accepted = try await privacy.record(
                .access, by: .interface, of: subject, idempotencyKey: key, by: admitted.requester(subject.handle))
            return await admitted.answer(accepted, of: subject.tenant, new: .accepted, replayed: .accepted)
        }
    }
}

extension RestrictionRegister {
    /// Changes what the log says, and with it what holds here from now on.
    func change(
        _ change: ProcessingLimits.Change, _ limit: ProcessingLimit, of subject: DataSubject, isAsked: Bool,
        with privacy: PrivacyLedger, for admitted: Admitted, by requester: Requester
    ) async throws -> Response {
        let (accepted, limits) = try await privacy.change(change, limit, of: subject, isAsked: isAsked, by: requester)
        // Of the command's first event: an earlier one of this person's would have made it be decided anew.
        if let position = accepted.position { note(limits, of: subject, at: position) }
        return await admitted.answer(accepted, of: subject.tenant, new: .ok, replayed: .ok)
    }
}

import AuditLog
import Billing
import CanonicalJSON
import Edge
import EventStore
import Hummingbird
import Retention

/// What is due, for whoever answers for it. That they have read it is in the log before they get it.
struct RetentionRoutes {
    /// How far ahead is looked, at most and by default, in days.
    static let maximumDays: Int64 = 366
    static let defaultDays: Int64 = 30

    let admission: Admission
    let schedule: RetentionSchedule
    let holds: HoldRegister
    let ledger: CreditLedger
    let clock: WallClock

    func add(to router: Router<GatewayContext>) {
        router.get("v1/retention/schedule", use: planned)
    }

    @Sendable func planned(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.serve(request, context) { admitted in
            let staff = try admitted.caller.staff()
            var query = QueryReader(request)
            let days = query.optionalInteger("days", in: 0...Self.maximumDays) ?? Self.defaultDays
            try query.finish()
            let now = clock.now()
            let entries = try await schedule.entries(now: now, until: CivilDay(of: now).adding(days: days))
            let inForce = try await holds.all().entries.filter { $0.isInForce(at: now) }
            try await ledger.record(
                AuditRead(
                    route: .retentionSchedule, kind: .page, filters: ["days": String(days)], positions: nil),
                of: staff.tenant, by: admitted.requester(staff.actor))
            let answer: JSONObject = [
                "holds": .array(inForce.map { .object($0.hold.object) }),
                "items": .array(entries.map { .object($0.object) }),
            ]
            return admitted.json(.ok, JSONValue.object(answer).canonicalBytes())
        }
    }
}

import Billing
import Edge
import EventStore
import Foundation

/// Whom a body means: a person of a tenant, by handle. That the tenant has them, the log tells.
struct SubjectReference {
    private let tenant: UUID?
    private let handle: UUID?

    init(_ object: inout StrictObject) {
        tenant = object.identifier("tenant_id")
        handle = object.identifier("subject")
    }

    /// To be called once the body has finished without a fault.
    func known() throws(ProblemDetails) -> DataSubject {
        guard let tenant, let handle else { throw ProblemDetails(.validation) }
        return DataSubject(TenantID(tenant), ActorHandle(handle))
    }
}

/// A request that came by another way than the interface.
struct RequestBody {
    let subject: DataSubject
    let kind: PrivacyRequest.Kind
    let channel: PrivacyRequest.Channel
    let receivedAt: EventTime

    init(_ object: consuming StrictObject) throws {
        let reference = SubjectReference(&object)
        let kind = object.enumeration("kind", of: PrivacyRequest.Kind.self)
        let channel = object.enumeration("channel", of: PrivacyRequest.Channel.self)
        if channel == .interface { object.refuse("channel", "is recorded by the person only") }
        let time = object.timestamp("received_at")
        try object.finish()
        guard let kind, let channel else { throw ProblemDetails(.validation) }
        self.kind = kind
        self.channel = channel
        receivedAt = EventTime(microseconds: time)
        subject = try reference.known()
    }
}

struct LimitBody {
    let subject: DataSubject
    let limit: ProcessingLimit
    let change: ProcessingLimits.Change

    init(_ object: consuming StrictObject) throws {
        let reference = SubjectReference(&object)
        let limit = object.enumeration("ground", of: ProcessingLimit.self)
        let change = object.enumeration("action", of: ProcessingLimits.Change.self)
        try object.finish()
        guard let limit, ProcessingLimit.chosen.contains(limit), let change else { throw ProblemDetails(.validation) }
        self.limit = limit
        self.change = change
        subject = try reference.known()
    }
}

import CanonicalJSON
import CreditDomain
package import EventStore
package import Foundation

/// Whose data is to go, and who has to be asked to do the same.
package struct ErasureBegun: Sendable, Hashable {
    /// Of the erasure, and where it was asked for of the person's request.
    package let request: UUID
    package let tenant: TenantID
    /// Nil for everybody of the tenant.
    package let subject: ActorHandle?
    /// That hold something of theirs, by name; each once.
    package let stores: [String]
    /// By when it must be done.
    package let due: EventTime
    /// Where it began in a history that was lost with the database, if it was applied again after a restore: under the
    /// checkpoint that ``LogRestored`` names.
    package let lostPosition: LogPosition?

    package init(
        request: UUID, tenant: TenantID, subject: ActorHandle?, stores: [String], due: EventTime,
        lostPosition: LogPosition? = nil
    ) {
        self.request = request
        self.tenant = tenant
        self.subject = subject
        self.stores = stores
        self.due = due
        self.lostPosition = lostPosition
    }

    /// The same, as it is begun again.
    package func lost(at position: LogPosition) -> ErasureBegun {
        ErasureBegun(
            request: request, tenant: tenant, subject: subject, stores: stores, due: due,
            lostPosition: lostPosition ?? position)
    }

    /// What whoever asked for it is answered, in canonical JSON.
    package func answer(position: LogPosition) -> [UInt8] {
        var json = CanonicalWriter(reserving: 160)
        json.beginObject()
        json.text("due", due.text)
        json.position("position", position)
        json.text("request", request.lowercaseText)
        json.endObject()
        return json.bytes
    }

    func write(to json: inout CanonicalWriter) {
        json.text("due", due.text)
        if let lostPosition { json.position("lost_position", lostPosition) }
        json.text("request", request.lowercaseText)
        json.key("stores")
        json.beginArray()
        for store in stores { json.string(store) }
        json.endArray()
        if let subject { json.text("subject", subject.rawValue.lowercaseText) }
        json.text("tenant_id", tenant.rawValue.lowercaseText)
    }

    init(_ payload: PayloadReader) throws(EventDecodingError) {
        self.init(
            request: try payload.uuid("request"), tenant: TenantID(try payload.uuid("tenant_id")),
            subject: try payload.optionalUUID("subject").map(ActorHandle.init),
            stores: try payload.strings("stores"),
            due: try payload.eventTime("due"),
            lostPosition: try payload.optionalIntegerText("lost_position").map(LogPosition.init))
    }
}

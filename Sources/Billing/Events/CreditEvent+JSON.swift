import CanonicalJSON
package import CreditDomain
package import EventStore

extension CreditEvent {
    /// The event as it is appended.
    package var newEvent: NewEvent {
        var json = CanonicalWriter(reserving: 192)
        json.beginObject()
        let type = write(to: &json)
        json.endObject()
        return NewEvent(type, data: json.bytes)
    }

    private func write(to json: inout CanonicalWriter) -> EventType {
        switch self {
        case .granted(let event):
            json.granted(event)
            return EventCatalog.granted
        case .held(let event):
            json.allocations(event.allocations)
            json.time("expires_at", event.expiresAt)
            json.text("hold", event.hold.rawValue)
            json.credits("units", event.units)
            return EventCatalog.held
        case .holdVoided(let hold):
            json.text("hold", hold.rawValue)
            return EventCatalog.holdVoided
        case .holdExpired(let hold):
            json.text("hold", hold.rawValue)
            return EventCatalog.holdExpired
        case .debited(let event):
            json.allocations(event.allocations)
            json.text("debit", event.debit.rawValue)
            if let hold = event.hold { json.text("hold", hold.rawValue) }
            json.credits("units", event.units)
            return EventCatalog.debited
        case .refunded(let event):
            json.allocations(event.allocations)
            json.text("debit", event.debit.rawValue)
            json.credits("units", event.units)
            return EventCatalog.refunded
        case .grantExpired(let grant, let units):
            json.key("grant")
            json.integer(Int(grant.rawValue))
            json.credits("units", units)
            return EventCatalog.grantExpired
        case .checked(let event):
            json.key("allowed")
            json.bool(event.allowed)
            json.credits("available", event.available)
            json.credits("held", event.held)
            if let reason = event.reason { json.text("reason", reason.rawValue) }
            json.credits("units", event.units)
            return EventCatalog.checked
        }
    }

    init(_ type: EventType, _ payload: PayloadReader) throws(EventDecodingError) {
        switch type {
        case EventCatalog.granted: self = .granted(try Granted(payload))
        case EventCatalog.held:
            self = .held(
                HoldPlaced(
                    hold: HoldID(try payload.string("hold")), units: try payload.credits("units"),
                    allocations: try payload.allocations("allocations"), expiresAt: try payload.time("expires_at")))
        case EventCatalog.holdVoided: self = .holdVoided(HoldID(try payload.string("hold")))
        case EventCatalog.holdExpired: self = .holdExpired(HoldID(try payload.string("hold")))
        case EventCatalog.debited:
            self = .debited(
                Debited(
                    debit: DebitID(try payload.string("debit")), units: try payload.credits("units"),
                    allocations: try payload.allocations("allocations"),
                    hold: try payload.optionalString("hold").map(HoldID.init)))
        case EventCatalog.refunded:
            self = .refunded(
                Refunded(
                    debit: DebitID(try payload.string("debit")), units: try payload.credits("units"),
                    allocations: try payload.allocations("allocations")))
        case EventCatalog.grantExpired:
            self = .grantExpired(try payload.grant("grant"), try payload.credits("units"))
        case EventCatalog.checked:
            let reason =
                try payload.optionalString("reason") == nil
                ? nil : try payload.value("reason", as: CheckReason.self)
            self = .checked(
                Checked(
                    units: try payload.credits("units"), allowed: try payload.boolean("allowed"),
                    available: try payload.credits("available"), held: try payload.credits("held"), reason: reason))
        default: throw .unknownType(type.name)
        }
    }
}

extension Granted {
    fileprivate init(_ payload: PayloadReader) throws(EventDecodingError) {
        guard let priority = UInt8(exactly: try payload.integer("priority")) else {
            throw .malformed(type: EventCatalog.granted.name, reason: "priority is out of range")
        }
        self.init(
            number: try payload.grant("grant"), source: try payload.value("source", as: GrantSource.self),
            reference: try payload.string("reference"), units: try payload.credits("units"), priority: priority,
            effectiveAt: try payload.time("effective_at"), expiresAt: try payload.optionalTime("expires_at"))
    }
}

extension CanonicalWriter {
    fileprivate mutating func granted(_ event: Granted) {
        time("effective_at", event.effectiveAt)
        if let expiresAt = event.expiresAt { time("expires_at", expiresAt) }
        key("grant")
        integer(Int(event.number.rawValue))
        key("priority")
        integer(Int(event.priority))
        text("reference", event.reference)
        text("source", event.source.rawValue)
        credits("units", event.units)
    }
}

package import CreditDomain
package import EventStore

import CanonicalJSON

/// Whatever the log can hold, as the code that folds it wants it.
package enum DomainEvent: Sendable, Equatable {
    case credit(CreditEvent)
    case capture(CaptureRecord)
    case tenantRegistered
    case subjectRegistered

    /// Reads the payload of an event, of any schema version ever released.
    package init(_ event: RecordedEvent) throws(EventDecodingError) {
        try self.init(type: event.type, schemaVersion: event.schemaVersion, data: event.data)
    }

    package init(type name: String, schemaVersion: Int16, data: [UInt8]) throws(EventDecodingError) {
        guard let type = EventCatalog.all.first(where: { $0.name == name }) else {
            throw .unknownType(name)
        }
        do {
            guard case .object(let stored) = try JSONParser.parse(data) else {
                throw EventDecodingError.malformed(type: name, reason: "not an object")
            }
            let payload = try EventCatalog.upcasters.lift(
                stored, of: name, from: schemaVersion, to: type.schemaVersion)
            self = try Self.decode(type, PayloadReader(payload, type: name))
        } catch let error as EventDecodingError {
            throw error
        } catch {
            throw .malformed(type: name, reason: String(describing: error))
        }
    }

    private static func decode(_ type: EventType, _ payload: PayloadReader) throws -> DomainEvent {
        switch type {
        case EventCatalog.captureRecorded: .capture(try CaptureRecord(payload))
        case EventCatalog.tenantRegistered: .tenantRegistered
        case EventCatalog.subjectRegistered: .subjectRegistered
        default: .credit(try CreditEvent(type, payload))
        }
    }
}

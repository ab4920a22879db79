import CanonicalJSON
package import CreditDomain
package import EventStore
package import Retention

/// Whatever the log can hold, as the code that folds it wants it.
package enum DomainEvent: Sendable, Equatable {
    case credit(CreditEvent)
    case capture(CaptureRecord)
    case tenantRegistered
    case subjectRegistered
    case auditRead(AuditRead)
    case carried(CarriedBalance)
    case policyAdopted(RetentionPolicy)
    case holdPlaced(LegalHold)
    case holdReleased(HoldRelease)
    case swept(ErasureCertificate)
    case usageCounted(UsageCounts)
    case erasure(ErasureEvent)
    case padded
    case restored(LogRestored)
    case keyEncryption(KeyEncryptionEvent)
    case privacy(PrivacyEvent)
    case token(TokenEvent)
    case staff(StaffEvent)
    case witnessed(WitnessedEvent)
    /// An event of a sealed type that is not open: what it says is not known here, and may be gone.
    case sealed(EventType)

    /// Reads the payload of an event, of any schema version ever released. An event in a stream of another category
    /// than its type's is as unreadable as one without a type: nobody who follows that category would see it.
    package init(_ event: RecordedEvent) throws(EventDecodingError) {
        guard let type = EventCatalog.type(named: event.type) else { throw .unknownType(event.type) }
        guard event.closed == nil else {
            try self.init(closed: type, in: event.stream.stream)
            return
        }
        try self.init(type, schemaVersion: event.schemaVersion, data: event.data)
        try type.check(event.stream.stream)
    }

    /// What is known of an event that is not open.
    package init(closed type: EventType, in stream: StreamID) throws(EventDecodingError) {
        guard type.isSealed else { throw .malformed(type: type.name, reason: "it is sealed, which its type is not") }
        try type.check(stream)
        self = .sealed(type)
    }

    /// The same, from where the payload lies in memory.
    package init(
        _ type: EventType, schemaVersion: Int16, in stream: StreamID, payload: UnsafeRawBufferPointer
    ) throws(EventDecodingError) {
        if schemaVersion == 1, let event = CanonicalPayload.read(type.name, payload) {
            self = event
        } else {
            try self.init(type, schemaVersion: schemaVersion, data: [UInt8](payload))
        }
        try type.check(stream)
    }

    /// What an event that is about to be appended will be read as.
    init(_ event: NewEvent) throws(EventDecodingError) {
        try self.init(type: event.type.name, schemaVersion: event.type.schemaVersion, data: event.data)
    }

    package init(type name: String, schemaVersion: Int16, data: [UInt8]) throws(EventDecodingError) {
        guard let type = EventCatalog.type(named: name) else { throw .unknownType(name) }
        try self.init(type, schemaVersion: schemaVersion, data: data)
    }

    private init(_ type: EventType, schemaVersion: Int16, data: [UInt8]) throws(EventDecodingError) {
        if schemaVersion == 1, let event = data.withUnsafeBytes({ CanonicalPayload.read(type.name, $0) }) {
            self = event
            return
        }
        do {
            guard case .object(let stored) = try JSONParser.parse(data, limits: .payload) else {
                throw EventDecodingError.malformed(type: type.name, reason: "not an object")
            }
            let payload = try EventCatalog.upcasters.lift(
                stored, of: type.name, from: schemaVersion, to: type.schemaVersion)
            self = try Self.decode(type, payload)
        } catch let error as EventDecodingError {
            throw error
        } catch {
            throw .malformed(type: type.name, reason: String(describing: error))
        }
    }

    private static func decode(_ type: EventType, _ object: JSONObject) throws -> DomainEvent {
        let payload = PayloadReader(object, type: type.name)
        return switch type {
        case EventCatalog.captureRecorded: .capture(try CaptureRecord(payload))
        case EventCatalog.tenantRegistered: .tenantRegistered
        case EventCatalog.subjectRegistered: .subjectRegistered
        case EventCatalog.auditRead: .auditRead(try AuditRead(payload))
        case EventCatalog.carried: .carried(try CarriedBalance(object, payload))
        case EventCatalog.policyAdopted: .policyAdopted(try RetentionPolicy(object))
        case EventCatalog.holdPlaced: .holdPlaced(try LegalHold(object))
        case EventCatalog.holdReleased: .holdReleased(try HoldRelease(object))
        case EventCatalog.swept: .swept(try ErasureCertificate(object))
        case EventCatalog.padded: .padded
        case EventCatalog.restored: .restored(try LogRestored(payload))
        case EventCatalog.usageCounted: .usageCounted(try UsageCounts(payload))
        default:
            if let privacy = try PrivacyEvent(type, payload) {
                .privacy(privacy)
            } else if let erasure = try ErasureEvent(type, payload) {
                .erasure(erasure)
            } else if let token = try TokenEvent(type, payload) {
                .token(token)
            } else if let staff = try StaffEvent(type, payload) {
                .staff(staff)
            } else if let keys = try KeyEncryptionEvent(type, payload) {
                .keyEncryption(keys)
            } else if let witnessed = try WitnessedEvent(type, payload) {
                .witnessed(witnessed)
            } else {
                .credit(try CreditEvent(type, payload))
            }
        }
    }
}

extension JSONParser.Limits {
    /// The largest payload is that of a certificate, or of an account with all its grants.
    fileprivate static let payload = JSONParser.Limits(maximumBytes: 64 << 20)
}

extension EventType {
    fileprivate func check(_ stream: StreamID) throws(EventDecodingError) {
        guard stream.belongs(to: category) else {
            throw .malformed(type: name, reason: "it stands in a stream of another category")
        }
    }
}

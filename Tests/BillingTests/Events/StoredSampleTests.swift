import Billing
import CanonicalJSON
import EventStore
import Testing

@Suite("Stored samples of every event type")
struct StoredSampleTests {
    @Test("there is a sample of every version of every type in the catalog, and no other")
    func samplesMatchCatalog() throws {
        let released = EventCatalog.all.flatMap { type in
            (1...type.schemaVersion).map { "\(type.name).v\($0)" }
        }
        #expect(try StoredSamples.fileNames() == released.sorted())
        #expect(StoredSamples.names == released.sorted())
    }

    @Test("a stored payload still means what it meant", arguments: StoredSamples.names)
    func sampleIsRead(name: String) throws {
        let (type, version) = try #require(StoredSamples.parts(name))
        let event = try DomainEvent(type: type, schemaVersion: version, data: StoredSamples.payload(name))
        #expect(event == StoredSamples.meanings[name])
    }

    @Test("a stored payload is in canonical form", arguments: StoredSamples.names)
    func sampleIsCanonical(name: String) throws {
        let payload = try StoredSamples.payload(name)
        #expect(try JSONParser.parse(payload).canonicalBytes() == payload)
    }

    @Test("the newest version is written as it is stored", arguments: StoredSamples.names)
    func sampleIsWritten(name: String) throws {
        let (typeName, version) = try #require(StoredSamples.parts(name))
        let type = try #require(EventCatalog.type(named: typeName))
        guard version == type.schemaVersion, let written = StoredSamples.meanings[name]?.newEvent else { return }
        #expect(written.type == type)
        #expect(try written.data == StoredSamples.payload(name))
    }

    @Test("names in the catalog differ")
    func namesDiffer() {
        #expect(Set(EventCatalog.all.map(\.name)).count == EventCatalog.all.count)
    }
}

extension DomainEvent {
    /// What would be appended. Nil for events without members, whose payload is written where they are decided.
    fileprivate var newEvent: NewEvent? {
        switch self {
        case .credit(let credit): credit.newEvent
        case .capture(let capture): capture.newEvent
        case .auditRead(let read): read.newEvent
        case .privacy(let privacy): privacy.newEvent
        case .token(let token): token.newEvent
        case .carried(let carried): carried.newEvent
        case .policyAdopted(let policy): policy.newEvent
        case .holdPlaced(let hold): hold.newEvent
        case .holdReleased(let release): release.newEvent
        case .usageCounted(let counts): counts.newEvent
        case .erasure(let erasure): erasure.newEvent
        case .restored(let restored): restored.newEvent
        case .staff(let staff): staff.newEvent
        case .keyEncryption(let event): event.newEvent
        case .witnessed(let witnessed): witnessed.newEvent
        // The database writes certificates.
        case .tenantRegistered, .subjectRegistered, .swept, .sealed, .padded: nil
        }
    }
}

import Billing
import CreditDomain
import EventStore
import Foundation
import Testing
import TransparencyLog

@testable import Verification

@Suite("The text of an event, put together from its row")
struct EventTextTests {
    @Test("is that of the event, whatever its columns hold", arguments: EventCatalog.all)
    func sameText(type: EventType) throws {
        let origin = "example.com/\"log\"\u{1}"
        var text = EventText(origin: origin)
        for event in Self.events(type) {
            let row = Self.row(event)
            try row.withUnsafeBytes { bytes in
                let read = try EventRow(FieldScanner(bytes, at: 0))
                let known = try #require(read.type)
                let written = text.withBytes(of: read, known) { [UInt8]($0) }
                #expect(written == event.canonicalBytes(origin: origin))
                #expect(read.event.canonicalBytes(origin: origin) == written)
            }
        }
    }

    @Test("is not made of a row that no writer has written")
    func malformed() throws {
        let event = try #require(Self.events(EventCatalog.debited).first)
        let fields = Self.fields(event)
        for (index, field) in fields.enumerated() where ![5, 6, 14].contains(index) {
            var without = fields
            without[index] = nil
            #expect(throws: MalformedRow.self, "column \(index) is missing") { try Self.read(without) }
            guard ![7, 10, 13].contains(index) else { continue }
            var longer = fields
            longer[index] = (field ?? []) + [0x20]
            #expect(throws: MalformedRow.self, "column \(index) is too long") { try Self.read(longer) }
        }
    }

    private static func read(_ fields: [[UInt8]?]) throws {
        try bytes(fields).withUnsafeBytes { _ = try EventRow(FieldScanner($0, at: 0)) }
    }

    private static func events(_ type: EventType) -> [RecordedEvent] {
        let times: [Int64] = [0, -1, 1_767_225_600_000_001, 253_402_300_799_999_999, 253_402_300_800_000_000]
        return times.flatMap { time in
            [nil, UUID(), UUID()].map { other in
                let data = #"{"n":"\#(String(repeating: "ä", count: abs(Int(time % 977))))"}"#
                return RecordedEvent(
                    position: LogPosition(7), recordedAt: EventTime(microseconds: time),
                    stream: StreamKey(TenantID(UUID()), Streams.account(.agent)),
                    version: StreamVersion(other == nil ? 1 : .random(in: .min ... .max)), id: UUID(),
                    actor: other.map(ActorHandle.init), request: other.map { _ in UUID() }, type: type.name,
                    schemaVersion: other == nil ? 1 : .random(in: .min ... .max),
                    retention: RetentionClass.allCases.randomElement() ?? .billing,
                    salt: (0..<32).map { _ in .random(in: 0...255) }, data: Array(data.utf8),
                    commitment: MerkleTree.emptyRoot)
            }
        }
    }

    // MARK: Rows as COPY sends them

    private static func row(_ event: RecordedEvent) -> [UInt8] { bytes(fields(event)) }

    private static func fields(_ event: RecordedEvent) -> [[UInt8]?] {
        func uuid(_ id: UUID) -> [UInt8] { withUnsafeBytes(of: id.uuid) { Array($0) } }
        return [
            integer(event.position.rawValue), integer(event.recordedAt.microseconds - 946_684_800_000_000),
            integer(event.version.rawValue), uuid(event.stream.tenant.rawValue), uuid(event.id),
            event.actor.map { uuid($0.rawValue) }, event.request.map(uuid), integer(event.schemaVersion),
            Array(event.retention.rawValue.utf8), Array(event.stream.stream.name.utf8), Array(event.type.utf8),
            event.salt, event.commitment.bytes, event.data, nil,
        ]
    }

    private static func bytes(_ fields: [[UInt8]?]) -> [UInt8] {
        fields.flatMap { field in integer(Int32(field?.count ?? -1)) + (field ?? []) }
    }

    private static func integer(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}

import CanonicalJSON
import CreditDomain
import EventStore
import Testing

@testable import Billing

@Suite("Payloads that are read straight from their canonical form")
struct CanonicalPayloadTests {
    private static let payloads: [(type: EventType, data: String)] = [
        (
            EventCatalog.debited,
            #"{"allocations":[{"grant":1,"units":"1"},{"grant":4294967295,"units":"20"}],"debit":"d-1","units":"21"}"#
        ),
        (EventCatalog.debited, #"{"allocations":[{"grant":1,"units":"1"}],"debit":"d","hold":"h","units":"1"}"#),
        (
            EventCatalog.captureRecorded,
            #"{"capture_id":"6f9619ff-8b86-4011-b42d-00c04fc964ff","captured_at":"2026-01-02T03:04:05.678901Z","#
                + #""line_count":12,"outcome":"failure","product":"agent","vendor_host":"www.example.com"}"#
        ),
        (EventCatalog.checked, #"{"allowed":true,"available":"7","held":"0","units":"1"}"#),
        (
            EventCatalog.checked,
            #"{"allowed":false,"available":"0","held":"9","reason":"insufficient_credits","units":"1"}"#
        ),
    ]

    @Test("mean what the general reader reads", arguments: payloads.indices)
    func sameMeaning(index: Int) throws {
        let (type, data) = Self.payloads[index]
        let read = try #require(Self.read(type, Array(data.utf8)))
        #expect(read == (try Self.general(type, Array(data.utf8))))
    }

    private static func read(_ type: EventType, _ data: [UInt8]) -> DomainEvent? {
        data.withUnsafeBytes { CanonicalPayload.read(type.name, $0) }
    }

    /// A space before it is enough for the general reader to be the only one that takes it.
    private static func general(_ type: EventType, _ data: [UInt8]) throws -> DomainEvent {
        let spaced = Array(" ".utf8) + data
        #expect(read(type, spaced) == nil)
        return try DomainEvent(type: type.name, schemaVersion: 1, data: spaced)
    }

    @Test("whatever is changed in one, are read as the general reader does, or left to it", arguments: payloads.indices)
    func changed(index: Int) throws {
        let (type, text) = Self.payloads[index]
        let data = Array(text.utf8)
        let replacements = Array("0129\"\\{}[],:-+. eEtnuZ\u{0}\u{1F}\u{7F}".utf8) + [0x80, 0xC3, 0xFF]
        var variants = data.indices.flatMap { place in
            replacements.flatMap { byte -> [[UInt8]] in
                var replaced = data
                replaced[place] = byte
                var inserted = data
                inserted.insert(byte, at: place)
                return [replaced, inserted]
            }
        }
        for place in data.indices {
            var shortened = data
            shortened.remove(at: place)
            variants += [shortened, Array(data[..<place])]
        }
        for variant in variants {
            guard let read = Self.read(type, variant) else { continue }
            let general = try? Self.general(type, variant)
            #expect(read == general, "\(String(decoding: variant, as: UTF8.self))")
        }
    }

    @Test("of a log's frequent types are always of that form, so that nothing is slow unnoticed")
    func frequentTypes() throws {
        var account = RandomAccount(seed: 5)
        for _ in 0..<300 { try account.step() }
        for event in account.events {
            let new = event.newEvent
            guard [EventCatalog.debited, EventCatalog.checked].contains(where: { $0.name == new.type.name }) else {
                continue
            }
            #expect(Self.read(new.type, new.data) == .credit(event))
        }
    }
}

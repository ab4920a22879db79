import Billing
import CanonicalJSON
import EventStore
import Testing

@Suite("Upcasters")
struct UpcasterTests {
    /// As if a type had been released three times: first a bare number, then text, then with a currency.
    static let steps = [
        Upcaster(type: "test.paid", from: 2) { payload in
            var payload = payload
            payload["currency"] = .string("CHF")
            return payload
        },
        Upcaster(type: "test.other", from: 1) { _ in ["wrong": .bool(true)] },
        Upcaster(type: "test.paid", from: 1) { payload in
            guard case .integer(let amount)? = payload["amount"] else {
                throw EventDecodingError.malformed(type: "test.paid", reason: "amount")
            }
            var payload = payload
            payload["amount"] = .string(String(amount))
            return payload
        },
    ]

    static let stored: [(version: Int16, payload: JSONObject)] = [
        (1, ["amount": .integer(5)]),
        (2, ["amount": .string("5")]),
        (3, ["amount": .string("5"), "currency": .string("CHF")]),
    ]

    @Test("a payload of any older version comes out as the newest", arguments: stored)
    func liftsToNewest(version: Int16, stored: JSONObject) throws {
        let lifted = try Self.steps.lift(stored, of: "test.paid", from: version, to: 3)
        #expect(lifted == ["amount": .string("5"), "currency": .string("CHF")])
    }

    @Test("a version that was never released is refused", arguments: [Int16.min, -1, 0, 4, .max])
    func refusesUnknownVersion(version: Int16) {
        #expect(throws: EventDecodingError.unknownVersion(type: "test.paid", version: version)) {
            try Self.steps.lift([:], of: "test.paid", from: version, to: 3)
        }
    }

    @Test("a missing step is refused by the version that can't be left")
    func refusesMissingStep() {
        #expect(throws: EventDecodingError.unknownVersion(type: "test.paid", version: 2)) {
            try Array(Self.steps.dropFirst()).lift(["amount": .integer(5)], of: "test.paid", from: 1, to: 3)
        }
    }

    @Test("an error of a step comes out")
    func passesErrorOn() {
        #expect(throws: EventDecodingError.malformed(type: "test.paid", reason: "amount")) {
            try Self.steps.lift([:], of: "test.paid", from: 1, to: 3)
        }
    }

    @Test("every upcaster leads from a released version of a released type to the next, once")
    func catalogIsComplete() {
        let expected = EventCatalog.all.flatMap { type in (1..<type.schemaVersion).map { "\(type.name) \($0)" } }
        #expect(EventCatalog.upcasters.map { "\($0.type) \($0.from)" }.sorted() == expected.sorted())
    }
}

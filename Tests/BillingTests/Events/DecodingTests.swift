import Billing
import CreditDomain
import EventStore
import Testing

@Suite("Reading stored events")
struct DecodingTests {
    @Test("a type that is not in the catalog is named", arguments: ["credit.debitted", "", "Credit.debited"])
    func unknownType(name: String) {
        #expect(throws: EventDecodingError.unknownType(name)) {
            try DomainEvent(type: name, schemaVersion: 1, data: Array("{}".utf8))
        }
    }

    @Test("a version that is not known is named", arguments: EventCatalog.all, [Int16.min, -1, 0])
    func unknownVersion(type: EventType, version: Int16) {
        for version in [version, type.schemaVersion + 1] {
            #expect(throws: EventDecodingError.unknownVersion(type: type.name, version: version)) {
                try DomainEvent(type: type.name, schemaVersion: version, data: Array("{}".utf8))
            }
        }
    }

    @Test("what is no JSON object is malformed", arguments: ["", "null", "[]", "1", "{", "{}{}", "{\"a\":1,\"a\":1}"])
    func malformedText(text: String) {
        #expect(throws: EventDecodingError.self) {
            try DomainEvent(type: "credit.hold_voided", schemaVersion: 1, data: Array(text.utf8))
        }
        #expect(throws: EventDecodingError.self) {
            try DomainEvent(type: "tenant.registered", schemaVersion: 1, data: Array(text.utf8))
        }
    }

    @Test("what was read is known again, whatever it was", arguments: AuditRead.Route.allCases, AuditRead.Kind.allCases)
    func reads(route: AuditRead.Route, kind: AuditRead.Kind) throws {
        let read = AuditRead(route: route, kind: kind, filters: ["days": "30"], positions: nil)
        let event = try DomainEvent(type: "audit.read", schemaVersion: 1, data: read.newEvent.data)
        guard case .auditRead(read) = event else { return #expect(Bool(false), "\(event)") }
    }

    static let damages: [(type: String, from: String, to: String)] = [
        ("credit.debited", "\"units\":\"1\"}", "\"units\":1}"),
        ("credit.debited", "\"units\":\"1\"}", "\"units\":\"-1\"}"),
        ("credit.debited", "\"units\":\"1\"}", "\"units\":\"+1\"}"),
        ("credit.debited", "\"units\":\"1\"}", "\"units\":\"01\"}"),
        ("credit.debited", "\"units\":\"1\"}", "\"units\":\"9223372036854775808\"}"),
        ("credit.debited", "\"units\":\"1\"}", "\"units\":\"-9223372036854775808\"}"),
        ("credit.debited", "\"allocations\":[", "\"allocations\":[null,"),
        ("credit.debited", "\"allocations\"", "\"allocation\""),
        ("credit.debited", "\"debit\"", "\"Debit\""),
        ("credit.debited", "\"hold\":\"5d3cbd36-6f45-4b52-8a3e-0f5f4f6c2a11\"", "\"hold\":5"),
        ("credit.granted", "\"grant\":1", "\"grant\":-1"),
        ("credit.granted", "\"grant\":1", "\"grant\":4294967296"),
        ("credit.granted", "\"priority\":100", "\"priority\":256"),
        ("credit.granted", "\"priority\":100", "\"priority\":1.5"),
        ("credit.granted", "\"purchase\"", "\"gift\""),
        ("credit.granted", "2027-01-02T", "2027-02-30T"),
        ("credit.checked", "false", "0"),
        ("credit.checked", "insufficient_credits", "bad_weather"),
        ("capture.recorded", "\"line_count\":12", "\"line_count\":-1"),
        ("capture.recorded", "\"line_count\":12", "\"line_count\":2147483648"),
        ("capture.recorded", "\"success\"", "\"maybe\""),
        ("capture.recorded", "\"punchout\"", "\"\""),
        ("capture.recorded", "0b9d5a3e-", "0b9d5a3e"),
    ]

    @Test("a damaged payload is malformed, and the error names the type", arguments: damages)
    func malformedMember(type: String, from: String, to: String) throws {
        let stored = String(decoding: try StoredSamples.payload("\(type).v1"), as: UTF8.self)
        let damaged = stored.replacing(from, with: to)
        try #require(damaged != stored)
        let error = #expect(throws: EventDecodingError.self) {
            try DomainEvent(type: type, schemaVersion: 1, data: Array(damaged.utf8))
        }
        guard case .malformed(type, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("optional members may be absent, and null counts as absent")
    func optionalMembers() throws {
        for hold in ["", ",\"hold\":null"] {
            let data = "{\"allocations\":[],\"debit\":\"d\"\(hold),\"units\":\"0\"}"
            let event = try DomainEvent(type: "credit.debited", schemaVersion: 1, data: Array(data.utf8))
            let debited = Debited(debit: DebitID("d"), units: .zero, allocations: [], hold: nil)
            #expect(event == .credit(.debited(debited)))
        }
    }

    @Test("an error's text says what is wrong and repeats no value")
    func errorText() {
        let data = Array("{\"hold\":\"secret\",\"hold\":\"secret\"}".utf8)
        let error = #expect(throws: EventDecodingError.self) {
            try DomainEvent(type: "credit.hold_voided", schemaVersion: 1, data: data)
        }
        #expect(error?.description.contains("credit.hold_voided") == true)
        #expect(error?.description.contains("secret") == false)
    }
}

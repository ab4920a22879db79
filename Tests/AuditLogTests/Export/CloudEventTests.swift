import AuditLog
import Billing
import CanonicalJSON
import EventStore
import Foundation
import Testing

@Suite("CloudEvents envelopes")
struct CloudEventTests {
    static let types = EventCatalog.all.map(\.name)

    private func envelope(_ event: RecordedEvent) throws -> JSONObject {
        let bytes = CloudEvent(event, origin: Samples.origin).bytes
        let value = try JSONParser.parse(bytes)
        #expect(value.canonicalBytes() == bytes)
        #expect(!bytes.contains(UInt8(ascii: "\n")))
        return try #require(value.objectValue)
    }

    @Test("of every type are what the specification asks for", arguments: types, [true, false])
    func valid(name: String, hasActor: Bool) throws {
        let type = try #require(EventCatalog.type(named: name))
        let actor = hasActor ? ActorHandle(UUID()) : nil
        let event = Samples.event(type, data: try Samples.payload(of: type), actor: actor)
        let envelope = try envelope(event)
        #expect(try SchemaCheck(named: "cloudevent").faults(of: .object(envelope)) == [])
        #expect(envelope["type"] == .string("com.zentriq.\(name).v\(type.schemaVersion)"))
        #expect(envelope["actor"] == actor.map { .string($0.rawValue.lowercaseText) })

        var data = try #require(envelope["data"]?.objectValue)
        if let ocsf = data["ocsf"], let number = ocsf.objectValue?["class_uid"]?.integerValue {
            #expect(try SchemaCheck(named: "ocsf-\(number)").faults(of: ocsf) == [])
        }
        data["ocsf"] = nil
        #expect(JSONValue.object(data).canonicalBytes() == event.data)
    }

    @Test("say all that the log knows of an event")
    func whole() throws {
        let actor = ActorHandle(UUID(uuid: (5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5)))
        let event = Samples.event(EventCatalog.holdVoided, data: #"{"hold":"h"}"#, actor: actor)
        #expect(
            String(decoding: CloudEvent(event, origin: Samples.origin).bytes, as: UTF8.self) == """
                {"actor":"05050505-0505-0505-0505-050505050505",\
                "commitment":"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=","data":{"hold":"h"},\
                "datacontenttype":"application/json","id":"02020202-0202-0202-0202-020202020202",\
                "position":"9007199254740993","requestid":"03030303-0303-0303-0303-030303030303",\
                "retention":"billing","source":"//log.example.com/billing","specversion":"1.0","streamversion":"3",\
                "subject":"account","tenant":"01010101-0101-0101-0101-010101010101",\
                "time":"2026-01-02T03:04:05.678901Z","type":"com.zentriq.credit.hold_voided.v1"}
                """)
    }

    @Test("carry the class of OCSF that fits, and none where none does", arguments: types)
    func classes(name: String) throws {
        let expected: [String: Int64] = [
            "audit.read": 600_302, "subject.registered": 300_101, "tenant.registered": 300_401,
        ]
        let type = try #require(EventCatalog.type(named: name))
        let envelope = try envelope(Samples.event(type, data: try Samples.payload(of: type)))
        let ocsf = envelope["data"]?.objectValue?["ocsf"]?.objectValue
        #expect(ocsf?["type_uid"]?.integerValue == expected[name])
        #expect(ocsf == nil || ocsf?["time"] == .integer(1_767_323_045_678))
    }

    @Test(
        "of a payload that is no JSON object hold its bytes",
        arguments: ["", "null", "[]", "{", "{\"a\":1}\n{\"b\":2}", "\u{1}", "{\"a\":1,\"a\":2}"])
    func damaged(data: String) throws {
        let envelope = try envelope(Samples.event(EventCatalog.granted, data: data))
        #expect(try SchemaCheck(named: "cloudevent").faults(of: .object(envelope)) == [])
        #expect(envelope["data"] == nil)
        #expect(envelope["data_base64"] == .string(Data(data.utf8).base64EncodedString()))
        #expect(envelope["datacontenttype"] == .string("application/octet-stream"))
    }

    @Test("a payload with line feeds between its members stays on one line")
    func lineFeeds() throws {
        let envelope = try envelope(Samples.event(EventCatalog.granted, data: "{\n\"a\": 1}"))
        #expect(envelope["data"] == .object(["a": .integer(1)]))
    }

    @Test("the check of these tests finds what is wrong")
    func check() throws {
        let type = EventCatalog.auditRead
        let good = try envelope(Samples.event(type, data: try Samples.payload(of: type)))
        let schema = try SchemaCheck(named: "cloudevent")
        for name in ["id", "source", "specversion", "type"] {
            var bad = good
            bad[name] = nil
            #expect(schema.faults(of: .object(bad)) == ["/\(name): missing"])
            bad[name] = .string("")
            #expect(!schema.faults(of: .object(bad)).isEmpty || name == "source")
            bad[name] = .integer(1)
            #expect(!schema.faults(of: .object(bad)).isEmpty)
        }
        for (name, value) in [("Position", JSONValue.string("1")), ("ocsf", .object([:])), ("time", .string("today"))] {
            var bad = good
            bad[name] = value
            #expect(!schema.faults(of: .object(bad)).isEmpty, "\(name)")
        }
        let ocsf = try #require(good["data"]?.objectValue?["ocsf"]?.objectValue)
        for name in ["activity_id", "type_uid", "metadata", "time", "actor", "api", "src_endpoint"] {
            var bad = ocsf
            bad[name] = nil
            #expect(try SchemaCheck(named: "ocsf-6003").faults(of: .object(bad)) == ["/\(name): missing"])
        }
    }
}

import Foundation
import Testing
import TransparencyLog

@testable import EventStore

@Suite("The bytes of an event")
struct CanonicalEventTests {
    static let origin = "log.example.com/1"
    static let sample = RecordedEvent(
        position: LogPosition(17), recordedAt: EventTime(microseconds: 1_770_091_506_000_789),
        stream: StreamKey(uuid("AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE"), "account-punchout"),
        version: StreamVersion(9_007_199_254_740_993),
        id: UUID(uuidString: "0A1B2C3D-4E5F-4A6B-8C7D-8E9FA0B1C2D3") ?? UUID(),
        actor: UUID(uuidString: "11111111-2222-4333-8444-555555555555").map(ActorHandle.init), request: nil,
        type: "credit.granted", schemaVersion: 2, retention: .billing, salt: Array(0..<32),
        data: Array(#"{"amount":"42","note":"€ \"x\""}"#.utf8), commitment: MerkleTree.emptyRoot)

    // Made with Python, which shares no code with this: json.dumps(event, sort_keys=True, separators=(",", ":"),
    // ensure_ascii=False), and hashlib over 0x00 ‖ sha256("zentriq-event/v1\n" ‖ salt ‖ u64be(len) ‖ json).
    static let json = """
        {"actor":"11111111-2222-4333-8444-555555555555","class":"billing","data":{"amount":"42","note":"€ \\"x\\""},\
        "id":"0a1b2c3d-4e5f-4a6b-8c7d-8e9fa0b1c2d3","log":"log.example.com/1",\
        "recorded_at":"2026-02-03T04:05:06.000789Z","request":null,"schema":2,"stream":"account-punchout",\
        "tenant":"aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee","type":"credit.granted","version":"9007199254740993"}
        """
    static let commitment = "79708e49fc09df821f3f8e606b6cc5677330fcf0243febebb567ad88d6811716"
    static let leaf = "d07dfd9c3cc390080d680a8aa3bdac00a8f24094aae0b82e79c3231bd91d7f68"

    @Test("a fixed event gives exactly these bytes and this leaf")
    func fixedEvent() {
        #expect(String(decoding: Self.sample.canonicalBytes(origin: Self.origin), as: UTF8.self) == Self.json)
        #expect(Self.sample.computedCommitment(origin: Self.origin).hex == Self.commitment)
        #expect(MerkleTree.leafHash(of: Self.sample.computedCommitment(origin: Self.origin)).hex == Self.leaf)
    }

    @Test("a change of any column gives another commitment", arguments: Change.all)
    func everyColumnCounts(change: Change) {
        var event = Self.sample
        change.apply(&event)
        #expect(event.computedCommitment(origin: Self.origin).hex != Self.commitment)
    }

    @Test("the origin is among the bytes, the position and the stored commitment are not")
    func whatIsNotHashed() {
        var event = Self.sample
        #expect(event.computedCommitment(origin: "log.example.com/2").hex != Self.commitment)
        event.position = LogPosition(18)
        event.commitment = MerkleTree.leafHash(of: [1])
        #expect(event.computedCommitment(origin: Self.origin).hex == Self.commitment)
    }

    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let apply: @Sendable (inout RecordedEvent) -> Void

        init(_ name: String, _ apply: @escaping @Sendable (inout RecordedEvent) -> Void) {
            testDescription = name
            self.apply = apply
        }

        static let all = [
            Change("recorded_at") { $0.recordedAt = EventTime(microseconds: $0.recordedAt.microseconds + 1) },
            Change("tenant_id") { $0.stream = StreamKey(.random(), $0.stream.stream) },
            Change("stream_id") { $0.stream = StreamKey($0.stream.tenant, "account-agent") },
            Change("version") { $0.version = $0.version.next },
            Change("event_id") { $0.id = UUID() },
            Change("actor") { $0.actor = ActorHandle(UUID()) },
            Change("no actor") { $0.actor = nil },
            Change("request_id") { $0.request = UUID() },
            Change("type") { $0.type = "credit.debited" },
            Change("schema_version") { $0.schemaVersion = 3 },
            Change("class") { $0.retention = .usage },
            Change("salt") { $0.salt[31] ^= 1 },
            Change("data") { $0.data = Array(#"{"amount":"43","note":"€ \"x\""}"#.utf8) },
        ]
    }

    private static func uuid(_ text: String) -> TenantID { TenantID(UUID(uuidString: text) ?? UUID()) }
}

extension StreamKey {
    fileprivate init(_ tenant: TenantID, _ name: String) {
        guard let stream = StreamID(name) else { preconditionFailure("no stream's name: \(name)") }
        self.init(tenant, stream)
    }
}

import CanonicalJSON
import EventStore
import Foundation
import TransparencyLog

/// The smallest state that can be decided on: a number that must not go below zero.
struct Counter: StreamState, Equatable {
    var value: Int64 = 0
    var dueAt: EventTime?

    init() {}

    init(value: Int64, dueAt: EventTime? = nil) {
        self.value = value
        self.dueAt = dueAt
    }

    init(snapshot: [UInt8]) throws {
        guard let object = try JSONParser.parse(snapshot).objectValue, case .string(let value)? = object["value"],
            let number = Int64(value)
        else { throw NotACounter() }
        self.value = number
        dueAt = object["due"]?.integerValue.map(EventTime.init(microseconds:))
    }

    func snapshot() -> [UInt8] {
        var json = CanonicalWriter()
        json.beginObject()
        if let dueAt {
            json.key("due")
            json.integerText(dueAt.microseconds)
        }
        json.key("value")
        json.integerText(value)
        json.endObject()
        return json.bytes
    }
}

struct NotACounter: Error {}

/// A counter's refusal.
struct TooLittle: Error, Equatable {
    let value: Int64
}

/// Something claimed is taken already.
struct Taken: Error, Equatable {
    let holder: LogPosition
}

extension EventType {
    static let added = EventType("counter.added", retention: .usage, category: "counter")
    static let noted = EventType("note.written", retention: .system, category: "note")
}

extension StreamID {
    init(counter name: String) {
        guard let stream = StreamID("counter-\(name)") else { preconditionFailure("no stream's name: \(name)") }
        self = stream
    }
}

extension UniqueKey {
    /// A key by a name; the fingerprint stands for the request.
    init(_ name: String, request: String = "") {
        self.init(
            hash: MerkleTree.leafHash(of: Array("key \(name)".utf8)),
            fingerprint: MerkleTree.leafHash(of: Array("request \(request)".utf8)))
    }
}

extension Command<Counter> {
    /// Adds an amount to a counter, so many times; refused if that would take it below zero. The answer tells the
    /// counter's new value.
    static func add(
        _ amount: Int64 = 1, to name: String = "a", of tenant: TenantID, key: String? = nil, claim: String? = nil,
        request: String = "", events: Int = 1, actor: ActorHandle? = nil, dueAt: EventTime? = nil
    ) -> Self {
        let stream = StreamID(counter: name)
        return Command(
            tenant: tenant, actor: actor, request: nil, key: key.map { UniqueKey($0, request: request) },
            claim: claim.map { UniqueKey("claim \($0)", request: request) }, streams: [stream]
        ) { draft in
            if let holder = draft.claimHolder { throw Taken(holder: holder) }
            var state = draft.state(of: stream)
            guard state.value + amount * Int64(events) >= 0 else { throw TooLittle(value: state.value) }
            for _ in 0..<events { draft.append(NewEvent(.added, data: Counter.data(amount)), to: stream) }
            if events > 0 {
                state.value += amount * Int64(events)
                state.dueAt = dueAt
                draft.setState(state, of: stream)
            }
            return Array(#"{"value":"\#(state.value)"}"#.utf8)
        }
    }

    /// Decides with whatever the test gives.
    static func custom(
        of tenant: TenantID, key: String? = nil, claim: String? = nil, streams: [StreamID],
        _ decide: @escaping @Sendable (inout Draft<Counter>) throws -> [UInt8]
    ) -> Self {
        Command(
            tenant: tenant, actor: nil, request: nil, key: key.map { UniqueKey($0) },
            claim: claim.map { UniqueKey("claim \($0)") }, streams: streams, decide: decide)
    }
}

extension Counter {
    static func data(_ amount: Int64) -> [UInt8] { Array(#"{"amount":"\#(amount)"}"#.utf8) }

    /// What the events of a counter's stream come to.
    static func fold(_ events: [RecordedEvent]) throws -> Int64 {
        try events.reduce(into: 0) { sum, event in
            let amount = try JSONParser.parse(event.data).objectValue?["amount"]?.stringValue
            guard let number = amount.flatMap({ Int64($0) }) else { throw NotACounter() }
            sum += number
        }
    }
}

extension TenantID {
    static func random() -> TenantID { TenantID(UUID()) }
}

extension Accepted {
    var text: String { String(decoding: response, as: UTF8.self) }
}

import CanonicalJSON
import Foundation
import Sealing
import TransparencyLog

/// The columns of one append, as the database function takes them: a value a row, kept flat.
struct AppendBatch: Sendable {
    struct Events: Sendable {
        var classes: [String] = []
        var tenants: [UUID] = []
        var streams: [String] = []
        var versions: [Int64] = []
        var types: [String] = []
        var schemas: [Int16] = []
        var ids: [UUID] = []
        var actors: [UUID?] = []
        var requests: [UUID?] = []
        /// Salts, and envelopes where events are sealed.
        var salts: [UInt8] = []
        var saltLengths: [Int] = []
        var commitments: [UInt8] = []
        var data: [UInt8] = []
        var dataLengths: [Int] = []
        /// Of those that are sealed.
        var keys: [UUID?] = []
        var count: Int { ids.count }
    }

    struct Streams: Sendable {
        var tenants: [UUID] = []
        var streams: [String] = []
        var expected: [Int64] = []
        var versions: [Int64] = []
        var positions: [Int64] = []
        var due: [Int64?] = []
        var states: [String?] = []
    }

    struct Outcomes: Sendable {
        var tenants: [UUID] = []
        var keys: [UInt8] = []
        var fingerprints: [UInt8] = []
        var positions: [Int64] = []
        var responses: [UInt8] = []
        var responseLengths: [Int] = []
    }

    /// The head that the append expects to find.
    let expected: LogHead
    /// The head that it leaves.
    var next: LogHead
    var events = Events()
    var streams = Streams()
    var outcomes = Outcomes()

    init(expected: LogHead, recordedAt: EventTime) {
        self.expected = expected
        self.next = expected
        next.recordedAt = recordedAt
    }

    /// Rough size on the wire, for the limit.
    var byteCount: Int { events.salts.count + events.data.count + outcomes.responses.count + events.count * 256 }

    /// - Parameter seal: what to seal the event with. What is committed to is the event itself all the same, so that its
    ///   receipt is like any other.
    mutating func add(
        _ event: RecordedEvent, origin: String, sealedWith seal: (key: SubjectKey, nonce: ArraySlice<UInt8>)? = nil
    ) {
        let commitment = event.computedCommitment(origin: origin)
        next.tree.append(MerkleTree.leafHash(of: commitment))
        events.classes.append(event.retention.rawValue)
        events.tenants.append(event.stream.tenant.rawValue)
        events.streams.append(event.stream.stream.name)
        events.versions.append(event.version.rawValue)
        events.types.append(event.type)
        events.schemas.append(event.schemaVersion)
        events.ids.append(event.id)
        events.actors.append(event.actor?.rawValue)
        events.requests.append(event.request)
        commitment.withUnsafeBytes { events.commitments.append(contentsOf: $0) }
        events.keys.append(seal?.key.id)
        if let seal {
            let envelope = seal.key.seal(salt: event.salt, data: event.data, event: event.id, nonce: seal.nonce)
            events.salts.append(contentsOf: envelope)
            events.saltLengths.append(envelope.count)
            events.dataLengths.append(0)
        } else {
            events.salts.append(contentsOf: event.salt)
            events.saltLengths.append(event.salt.count)
            events.data.append(contentsOf: event.data)
            events.dataLengths.append(event.data.count)
        }
    }

    mutating func add(_ outcome: Outcome, for key: OutcomeKey) {
        outcomes.tenants.append(key.tenant.rawValue)
        key.hash.withUnsafeBytes { outcomes.keys.append(contentsOf: $0) }
        outcome.fingerprint.withUnsafeBytes { outcomes.fingerprints.append(contentsOf: $0) }
        outcomes.positions.append(outcome.position.rawValue)
        outcomes.responses.append(contentsOf: outcome.response)
        outcomes.responseLengths.append(outcome.response.count)
    }
}

import Foundation
import Sealing
import TransparencyLog

/// What a batch of commands comes to: one append, and a result for each command that was looked at.
struct Plan<State: StreamState>: Sendable {
    typealias Result = Swift.Result<Accepted, any Error>

    struct Touched: Sendable {
        let expected: StreamVersion
        var entry: StreamEntry<State>
        var position: LogPosition
    }

    var batch: AppendBatch
    /// In the order of the commands; those beyond the last one were left for the next batch.
    var results: [Result] = []
    private(set) var touched: [StreamKey: Touched] = [:]
    private(set) var outcomes: [OutcomeKey: Outcome] = [:]
    /// A command was refused, or found nothing to do: no append tells whether what that rests on was up to date.
    var restsOnMemory = false
    /// Keys of such commands under which nothing is known in memory.
    var keysBelievedFree: [OutcomeKey] = []

    var isEmpty: Bool { batch.events.count == 0 }

    init(head: LogHead, recordedAt: EventTime) {
        batch = AppendBatch(expected: head, recordedAt: recordedAt)
    }

    mutating func add(
        _ draft: borrowing Draft<State>, of command: Command<State>, response: [UInt8], origin: String,
        random: RandomBytes, committedVersion: (StreamKey) -> StreamVersion?
    ) {
        var position = draft.firstPosition
        let plainLength = RecordedEvent.saltLength + 16
        let randomLength = plainLength + (command.sealing == nil ? 0 : EventEnvelope.nonceLength)
        let bytes = random.make(draft.events.count * randomLength)
        for (index, staged) in draft.events.enumerated() {
            let stream = StreamKey(command.tenant, draft.streams[staged.stream].id)
            let own = bytes[index * randomLength..<(index + 1) * randomLength]
            let event = RecordedEvent(
                position: position, recordedAt: draft.now, stream: stream, version: staged.version,
                id: UUID(random: own.prefix(plainLength).suffix(16)), actor: command.actor, request: command.request,
                type: staged.event.type.name, schemaVersion: staged.event.type.schemaVersion,
                retention: staged.event.type.retention, salt: Array(own.prefix(RecordedEvent.saltLength)),
                data: staged.event.data, commitment: MerkleTree.emptyRoot)
            let key = staged.event.type.isSealed ? command.sealing : nil
            batch.add(event, origin: origin, sealedWith: key.map { ($0, own.suffix(EventEnvelope.nonceLength)) })
            let expected = touched[stream]?.expected ?? committedVersion(stream) ?? .none
            touched[stream] = Touched(
                expected: expected, entry: draft.streams[staged.stream].entry, position: position)
            position = LogPosition(position.rawValue + 1)
        }
        for unique in [command.key, command.claim].compactMap(\.self) {
            let key = OutcomeKey(command.tenant, unique.hash)
            let outcome = Outcome(fingerprint: unique.fingerprint, position: draft.firstPosition, response: response)
            outcomes[key] = outcome
            batch.add(outcome, for: key)
        }
    }

    mutating func addStreamHead(_ key: StreamKey, _ touched: Touched) {
        batch.streams.tenants.append(key.tenant.rawValue)
        batch.streams.streams.append(key.stream.name)
        batch.streams.expected.append(touched.expected.rawValue)
        batch.streams.versions.append(touched.entry.version.rawValue)
        batch.streams.positions.append(touched.position.rawValue)
        batch.streams.due.append(touched.entry.state?.dueAt?.microseconds)
        batch.streams.states.append(touched.entry.state.map { String(decoding: $0.snapshot(), as: UTF8.self) })
    }
}

import Foundation
import Postgres
import TransparencyLog

extension LogDatabase {
    static let begin = Statement("BEGIN ISOLATION LEVEL READ COMMITTED")
    static let commit = Statement("COMMIT")
    private static let headColumns = "size, epoch, root, frontier, recorded_at, signer, checkpoint"
    static let readHead = Statement("SELECT \(headColumns) FROM zentriq.read_head($1)")
    static let fenceHead = Statement("SELECT \(headColumns) FROM zentriq.fence_head($1)")
    static let lockHead = Statement("SELECT \(headColumns) FROM zentriq.lock_head($1)")
    static let holdsEvent = Statement("SELECT zentriq.holds_event($1, $2, $3, $4, $5)")
    static let loadStreams = Statement("SELECT ordinal, version, state FROM zentriq.load_streams($1, $2, $3)")
    static let loadOutcomes = Statement(
        "SELECT ordinal, fingerprint, position, response FROM zentriq.load_outcomes($1, $2, $3)")
    static let append = Statement(
        "SELECT zentriq.append(\((1...33).map { "$\($0)" }.joined(separator: ", ")))")

    func parameters(of streams: [StreamKey]) -> [Parameter] {
        [.int4(log.rawValue), .uuidArray(streams.map(\.tenant.rawValue)), .textArray(streams.map(\.stream.name))]
    }

    func parameters(of outcomes: [OutcomeKey]) -> [Parameter] {
        [.int4(log.rawValue), .uuidArray(outcomes.map(\.tenant.rawValue)), .byteaArray(outcomes.map(\.hash.bytes))]
    }

    func parameters(of batch: AppendBatch) -> [Parameter] {
        let events = batch.events
        let streams = batch.streams
        let outcomes = batch.outcomes
        let hashes = [Int](repeating: TreeHash.byteCount, count: events.count)
        let keyHashes = [Int](repeating: TreeHash.byteCount, count: outcomes.positions.count)
        return [
            .int4(log.rawValue), .int8(Int64(batch.expected.tree.size)), .int8(batch.expected.epoch),
            .bytea(batch.next.root.bytes), .bytea(batch.next.tree.encoded()),
            .timestamptz(microsecondsSinceUnixEpoch: batch.next.recordedAt.microseconds),
            .text(batch.next.signer), .text(batch.next.checkpoint),
            .textArray(events.classes), .uuidArray(events.tenants), .textArray(events.streams),
            .int8Array(events.versions), .textArray(events.types), .int2Array(events.schemas),
            .uuidArray(events.ids), .nullableUUIDArray(events.actors), .nullableUUIDArray(events.requests),
            .byteaArray(flat: events.salts, lengths: events.saltLengths),
            .byteaArray(flat: events.commitments, lengths: hashes),
            .textArray(flat: events.data, lengths: events.dataLengths), .nullableUUIDArray(events.keys),
            .uuidArray(streams.tenants), .textArray(streams.streams), .int8Array(streams.expected),
            .int8Array(streams.versions), .int8Array(streams.positions), .nullableInt8Array(streams.due),
            .nullableTextArray(streams.states),
            .uuidArray(outcomes.tenants), .byteaArray(flat: outcomes.keys, lengths: keyHashes),
            .byteaArray(flat: outcomes.fingerprints, lengths: keyHashes), .int8Array(outcomes.positions),
            .textArray(flat: outcomes.responses, lengths: outcomes.responseLengths),
        ]
    }
}

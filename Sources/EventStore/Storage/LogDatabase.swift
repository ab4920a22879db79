import CanonicalJSON
import Foundation
import Postgres
import TransparencyLog

/// The write path's statements, on one connection. The functions they call are the gateway's only way to write.
struct LogDatabase: Sendable {
    let log: LogID
    let connection: PostgresConnection
    let deadline: Duration

    enum Answer: Equatable {
        case appended
        case headMoved(LogHead)
        case duplicateKey
        case streamMoved
    }

    func readHead() async throws -> LogHead? {
        try await head(Self.readHead)
    }

    /// Raises the epoch, and so settles the fate of whatever was sent before under the old one.
    func fence() async throws -> LogHead? {
        try await head(Self.fenceHead)
    }

    func append(_ batch: AppendBatch) async throws -> Answer {
        let rows = try await connection.query(Self.append, parameters(batch), deadline: deadline)
        guard let row = rows.first else { throw LogError.corrupt("log \(log.rawValue) has no head") }
        switch try row.string(0) {
        case "appended": return .appended
        case "head": return .headMoved(try Self.head(row, from: 1))
        case "duplicate": return .duplicateKey
        case "stream": return .streamMoved
        case let status: throw LogError.corrupt("unknown status \(status)")
        }
    }

    /// Whether the batch is in the log. Final only after ``fence()``.
    func holds(_ batch: AppendBatch) async throws -> Bool {
        let rows = try await connection.query(
            Self.holdsEvent,
            [
                .int4(log.rawValue), .text(batch.events.classes[0]),
                .timestamptz(microsecondsSinceUnixEpoch: batch.next.recordedAt.microseconds),
                .int8(batch.expected.nextPosition.rawValue), .uuid(batch.events.ids[0]),
            ], deadline: deadline)
        return try rows.first?.bool(0) ?? false
    }

    func loadStreams<State: StreamState>(_ keys: [StreamKey], as: State.Type) async throws -> [StreamEntry<State>] {
        var entries = keys.map { _ in StreamEntry<State>(version: .none, state: nil) }
        let rows = try await connection.query(
            Self.loadStreams,
            [
                .int4(log.rawValue), .uuidArray(keys.map(\.tenant.rawValue)),
                .textArray(keys.map(\.stream.name)),
            ], deadline: deadline)
        for row in rows {
            let state = try row.optionalString(2).map { try State(snapshot: Array($0.utf8)) }
            entries[Int(try row.int64(0)) - 1] = StreamEntry(
                version: StreamVersion(try row.int64(1)), state: state)
        }
        return entries
    }

    func loadOutcomes(_ keys: [OutcomeKey]) async throws -> [(OutcomeKey, Outcome)] {
        let rows = try await connection.query(
            Self.loadOutcomes,
            [.int4(log.rawValue), .uuidArray(keys.map(\.tenant.rawValue)), .byteaArray(keys.map(\.hash.bytes))],
            deadline: deadline)
        return try rows.map { row in
            (keys[Int(try row.int64(0)) - 1], try Outcome(row, from: 1))
        }
    }

    func ensurePartitions(around time: EventTime) async throws {
        try await PartitionKeeper.ensure(around: time, on: connection)
    }

    private func head(_ statement: Statement) async throws -> LogHead? {
        let rows = try await connection.query(statement, [.int4(log.rawValue)], deadline: deadline)
        return try rows.first.map { try Self.head($0, from: 0) }
    }

    private static func head(_ row: Row, from column: Int) throws -> LogHead {
        let size = try row.int64(column)
        guard let root = TreeHash(try row.bytes(column + 2)), size >= 0 else {
            throw LogError.corrupt("the head is not of the right form")
        }
        let tree = try CompactRange(size: UInt64(size), encoded: try row.bytes(column + 3))
        guard tree.root() == root else { throw LogError.corrupt("the head's root is not that of its tree") }
        return LogHead(
            epoch: try row.int64(column + 1), tree: tree, root: root,
            recordedAt: EventTime(microseconds: try row.timestamp(column + 4)))
    }

    private func parameters(_ batch: AppendBatch) -> [Parameter] {
        let events = batch.events
        let streams = batch.streams
        let outcomes = batch.outcomes
        let hashes = [Int](repeating: TreeHash.byteCount, count: events.count)
        let keyHashes = [Int](repeating: TreeHash.byteCount, count: outcomes.positions.count)
        return [
            .int4(log.rawValue), .int8(Int64(batch.expected.tree.size)), .int8(batch.expected.epoch),
            .bytea(batch.next.root.bytes), .bytea(batch.next.tree.encoded()),
            .timestamptz(microsecondsSinceUnixEpoch: batch.next.recordedAt.microseconds),
            .textArray(events.classes), .uuidArray(events.tenants), .textArray(events.streams),
            .int8Array(events.versions), .textArray(events.types), .int2Array(events.schemas),
            .uuidArray(events.ids), .nullableUUIDArray(events.actors), .nullableUUIDArray(events.requests),
            .byteaArray(flat: events.salts, lengths: hashes), .byteaArray(flat: events.leaves, lengths: hashes),
            .textArray(flat: events.data, lengths: events.dataLengths),
            .uuidArray(streams.tenants), .textArray(streams.streams), .int8Array(streams.expected),
            .int8Array(streams.versions), .int8Array(streams.positions), .nullableInt8Array(streams.due),
            .nullableTextArray(streams.states),
            .uuidArray(outcomes.tenants), .byteaArray(flat: outcomes.keys, lengths: keyHashes),
            .byteaArray(flat: outcomes.fingerprints, lengths: keyHashes), .int8Array(outcomes.positions),
            .textArray(flat: outcomes.responses, lengths: outcomes.responseLengths),
        ]
    }

    private static let readHead = Statement(
        "SELECT size, epoch, root, frontier, recorded_at FROM zentriq.read_head($1)")
    private static let fenceHead = Statement(
        "SELECT size, epoch, root, frontier, recorded_at FROM zentriq.fence_head($1)")
    private static let holdsEvent = Statement("SELECT zentriq.holds_event($1, $2, $3, $4, $5)")
    private static let loadStreams = Statement("SELECT ordinal, version, state FROM zentriq.load_streams($1, $2, $3)")
    private static let loadOutcomes = Statement(
        "SELECT ordinal, fingerprint, position, response FROM zentriq.load_outcomes($1, $2, $3)")
    private static let append = Statement(
        """
        SELECT status, size, epoch, root, frontier, recorded_at FROM zentriq.append(
            \((1...30).map { "$\($0)" }.joined(separator: ", ")))
        """)
}

extension Outcome {
    init(_ row: Row, from column: Int) throws {
        guard let fingerprint = TreeHash(try row.bytes(column)) else {
            throw LogError.corrupt("an outcome's fingerprint is not 32 bytes")
        }
        self.init(
            fingerprint: fingerprint, position: LogPosition(try row.int64(column + 1)),
            response: Array(try row.string(column + 2).utf8))
    }
}

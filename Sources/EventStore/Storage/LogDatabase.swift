import CanonicalJSON
import Foundation
import Postgres
import TransparencyLog

/// The write path's statements, on one connection. The functions they call are the gateway's only way to write.
///
/// The calls stay on their caller's executor: the sequencer's thread is the connection's.
struct LogDatabase: Sendable {
    let log: LogID
    let connection: PostgresConnection
    let deadline: Duration

    enum Answer: String {
        case appended
        /// Another writer came first, or the epoch was raised. Like the next two: nothing was written.
        case headMoved = "head"
        case duplicateKey = "duplicate"
        case streamMoved = "stream"
    }

    nonisolated(nonsending) func readHead() async throws -> LogHead {
        try await head(Self.readHead)
    }

    /// Raises the epoch, and so settles the fate of whatever was sent before under the old one.
    nonisolated(nonsending) func fence() async throws -> LogHead {
        try await head(Self.fenceHead)
    }

    /// Begins a transaction in which nobody else can append, and reads what is true as long as it lasts. Ended by
    /// ``append(_:committing:)``, or a rollback.
    nonisolated(nonsending) func lock<State: StreamState>(
        streams: [StreamKey], outcomes: [OutcomeKey], as: State.Type
    ) async throws -> (head: LogHead, streams: [StreamEntry<State>], outcomes: [(OutcomeKey, Outcome)]) {
        let results = try await connection.pipeline(
            [
                (Self.begin, []), (Self.lockHead, [.int4(log.rawValue)]),
                (Self.loadStreams, parameters(of: streams)), (Self.loadOutcomes, parameters(of: outcomes)),
            ], deadline: deadline)
        return (
            try head(results[1]), try Self.entries(results[2], count: streams.count),
            try Self.outcomes(results[3], of: outcomes)
        )
    }

    /// Keeps all writers out until the transaction that has begun ends, in one round trip.
    nonisolated(nonsending) func lock<State: StreamState>(
        streams: [StreamKey], as: State.Type
    ) async throws -> (head: LogHead, streams: [StreamEntry<State>]) {
        let results = try await connection.pipeline(
            [(Self.lockHead, [.int4(log.rawValue)]), (Self.loadStreams, parameters(of: streams))], deadline: deadline)
        return (try head(results[0]), try Self.entries(results[1], count: streams.count))
    }

    nonisolated(nonsending) func load<State: StreamState>(
        _ streams: [StreamKey], as: State.Type
    ) async throws -> [StreamEntry<State>] {
        let rows = try await connection.query(Self.loadStreams, parameters(of: streams), deadline: deadline)
        return try Self.entries(rows, count: streams.count)
    }

    /// The keys that are taken, and the head as it was afterwards.
    nonisolated(nonsending) func load(
        _ outcomes: [OutcomeKey]
    ) async throws -> (outcomes: [(OutcomeKey, Outcome)], head: LogHead) {
        let results = try await connection.pipeline(
            [(Self.loadOutcomes, parameters(of: outcomes)), (Self.readHead, [.int4(log.rawValue)])],
            deadline: deadline)
        return (try Self.outcomes(results[0], of: outcomes), try head(results[1]))
    }

    /// - Parameter committing: ends the transaction that ``lock(streams:outcomes:as:)`` began.
    nonisolated(nonsending) func append(_ batch: AppendBatch, committing: Bool) async throws -> Answer {
        let rows =
            committing
            ? try await connection.pipeline(
                [(Self.append, parameters(of: batch)), (Self.commit, [])], deadline: deadline)[0]
            : try await connection.query(Self.append, parameters(of: batch), deadline: deadline)
        let status = try rows.only().string(0)
        guard let answer = Answer(rawValue: status) else { throw LogError.corrupt("unknown status \(status)") }
        return answer
    }

    /// Whether the batch is in the log. Final only after ``fence()``.
    nonisolated(nonsending) func holds(_ batch: AppendBatch) async throws -> Bool {
        try await connection.query(
            Self.holdsEvent,
            [
                .int4(log.rawValue), .text(batch.events.classes[0]),
                .timestamptz(microsecondsSinceUnixEpoch: batch.next.recordedAt.microseconds),
                .int8(batch.expected.nextPosition.rawValue), .uuid(batch.events.ids[0]),
            ], deadline: deadline
        ).only().bool(0)
    }

    nonisolated(nonsending) private func head(_ statement: Statement) async throws -> LogHead {
        try head(try await connection.query(statement, [.int4(log.rawValue)], deadline: deadline))
    }

    private func head(_ rows: Rows) throws -> LogHead {
        guard let row = rows.first else { throw LogError.corrupt("log \(log.rawValue) does not exist") }
        let size = try row.int64(0)
        guard let root = TreeHash(try row.bytes(2)), size >= 0 else {
            throw LogError.corrupt("the head is not of the right form")
        }
        let tree = try CompactRange(size: UInt64(size), encoded: try row.bytes(3))
        guard tree.root() == root else { throw LogError.corrupt("the head's root is not that of its tree") }
        return LogHead(
            epoch: try row.int64(1), tree: tree, root: root, recordedAt: EventTime(microseconds: try row.timestamp(4)),
            signer: try row.string(5), checkpoint: try row.string(6))
    }

    private static func entries<State: StreamState>(_ rows: Rows, count: Int) throws -> [StreamEntry<State>] {
        var entries = [StreamEntry<State>](repeating: StreamEntry(version: .none, state: nil), count: count)
        for row in rows {
            let state = try row.optionalString(2).map { try State(snapshot: Array($0.utf8)) }
            entries[Int(try row.int64(0)) - 1] = StreamEntry(version: StreamVersion(try row.int64(1)), state: state)
        }
        return entries
    }

    private static func outcomes(_ rows: Rows, of keys: [OutcomeKey]) throws -> [(OutcomeKey, Outcome)] {
        try rows.map { (keys[Int(try $0.int64(0)) - 1], try Outcome($0, from: 1)) }
    }
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

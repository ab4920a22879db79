import Postgres
import Synchronization

/// Reads stream heads for many callers at once: whoever asks while a question is under way is answered by the next one,
/// together with all others who wait. Every question is put after its callers have asked, so nobody gets less than what
/// was committed by then.
///
/// States are kept by their version, and not sent again while it is the same. Needs the gateway's role.
package final class HeadReader<State: StreamState>: Sendable {
    package struct Head: Sendable {
        package let version: StreamVersion
        /// Of the stream's newest event.
        package let position: LogPosition
        package let state: State
        /// When the log's newest event was recorded: no decision is made as of an earlier time.
        package fileprivate(set) var logTime: EventTime
    }

    /// Streams of one question.
    private static var maximumBatch: Int { 512 }

    private struct Waiting: Sendable {
        let key: StreamKey
        let continuation: CheckedContinuation<Head?, any Error>
    }

    private struct Contents {
        var waiting: [Waiting] = []
        var isReading = false
    }

    private let log: LogID
    private let pool: PostgresPool
    private let contents = Mutex(Contents())
    private let known: Mutex<GenerationalCache<StreamKey, Head>>

    /// - Parameter capacity: heads kept in memory.
    package init(_ reader: LogReader, capacity: Int = 20_000) {
        log = reader.log
        pool = reader.pool
        known = Mutex(GenerationalCache(capacity: capacity))
    }

    /// The newest version of a stream and its folded state, as of a commit no earlier than the call. Nil if it has none.
    package func head(of key: StreamKey) async throws -> Head? {
        try await withCheckedThrowingContinuation { continuation in
            let isFirst = contents.withLock { contents in
                contents.waiting.append(Waiting(key: key, continuation: continuation))
                defer { contents.isReading = true }
                return !contents.isReading
            }
            // Not the caller's own task: if it is cancelled, the others still want their answer.
            if isFirst { Task { await answerAll() } }
        }
    }

    private func answerAll() async {
        while let batch = next() {
            do {
                let heads = try await read(batch.map { $0.key })
                for (waiting, head) in zip(batch, heads) { waiting.continuation.resume(returning: head) }
            } catch {
                for waiting in batch { waiting.continuation.resume(throwing: error) }
            }
        }
    }

    private func next() -> [Waiting]? {
        contents.withLock { contents in
            let batch = Array(contents.waiting.prefix(Self.maximumBatch))
            contents.waiting.removeFirst(batch.count)
            contents.isReading = !batch.isEmpty
            return batch.isEmpty ? nil : batch
        }
    }

    private func read(_ keys: [StreamKey]) async throws -> [Head?] {
        var heads = known.withLock { known in keys.map { known.find($0) } }
        let rows = try await pool.query(
            Statement(
                """
                SELECT s.ordinal, s.version, s.position, s.state, h.recorded_at
                FROM zentriq.stream_heads($1, $2, $3, $4) AS s JOIN zentriq.heads AS h ON h.log_id = $1
                """),
            [
                .int4(log.rawValue), .uuidArray(keys.map { $0.tenant.rawValue }),
                .textArray(keys.map { $0.stream.name }),
                .int8Array(heads.map { $0?.version.rawValue ?? 0 }),
            ])
        var fresh: [(StreamKey, Head)] = []
        for row in rows {
            let index = Int(try row.int64(0)) - 1
            let version = StreamVersion(try row.int64(1))
            let logTime = EventTime(microseconds: try row.timestamp(4))
            if heads[index]?.version == version {
                heads[index]?.logTime = logTime
                continue
            }
            let state = try row.optionalString(3).map { try State(snapshot: Array($0.utf8)) } ?? State()
            let head = Head(version: version, position: LogPosition(try row.int64(2)), state: state, logTime: logTime)
            heads[index] = head
            fresh.append((keys[index], head))
        }
        known.withLock { known in
            for (key, head) in fresh { known.insert(head, for: key) }
        }
        return heads
    }
}

import EventStore
import Foundation
import Postgres

/// Reads slices of the log and checks their rows, each on its own.
struct SliceReader: Sendable {
    /// Where the stored answers come from.
    enum Answers: Sendable {
        /// All of them, in the order of positions.
        case all(AnswerCursor)
        /// Those whose key follows from an event: found without sorting, for as little load as possible.
        case derived
    }

    /// What was fetched and not looked at yet.
    struct Fetched: Sendable {
        let positions: Range<Int64>
        fileprivate let rows: CopiedRows
        fileprivate let tiles: StoredTiles
        fileprivate let answers: [StoredAnswer]
        fileprivate let keys: [UUID: SubjectKeys.Known]
    }

    let snapshot: LogSnapshot
    let origin: String
    let keys: SubjectKeys
    let answers: Answers

    func fetch(_ positions: Range<Int64>) async throws -> Fetched {
        let rows = try await snapshot.events(positions)
        let tiles = try await snapshot.tiles(completedIn: positions)
        var answers: [StoredAnswer] = []
        if case .all(let cursor) = self.answers { answers = try await cursor.next(before: positions.upperBound) }
        let keys = try await snapshot.keys(of: rows, with: keys)
        return Fetched(positions: positions, rows: rows, tiles: tiles, answers: answers, keys: keys)
    }

    func check(_ fetched: Fetched) async throws -> LogSlice {
        let rows = try await RowCheck.check(fetched.rows, origin: origin, keys: fetched.keys)
        var answers = fetched.answers
        if case .derived = self.answers {
            answers = try await snapshot.answers(
                under: rows.joined().compactMap { row in
                    row.answerKey.flatMap { key in row.header.map { OutcomeKey($0.stream.tenant, key) } }
                })
        }
        return LogSlice(positions: fetched.positions, rows: rows, tiles: fetched.tiles, answers: answers)
    }
}

extension LogSnapshot {
    /// What is known of the keys that rows are sealed under.
    func keys(of rows: CopiedRows, with keys: SubjectKeys) async throws -> [UUID: SubjectKeys.Known] {
        try await keys.find(rows.keys()) { statement, ids in try await query(statement, .uuidArray(ids)) }
    }
}

extension CopiedRows {
    /// That the rows name.
    fileprivate func keys() throws -> Set<UUID> {
        var keys: Set<UUID> = []
        try forEach(in: chunks.indices, columns: EventRow.columns) { fields in
            if let key = EventRow.key(fields) { keys.insert(key) }
        }
        return keys
    }
}

import EventStore
import Foundation
import Postgres
import TransparencyLog

/// All stored answers in the order of their positions, a part at a time.
///
/// Nothing keeps them in that order but the way in which they were written: one batch after the other, and never
/// changed. So they are read as they lie, and only if that turns out not to be the order, the server sorts them.
actor AnswerCursor {
    /// They don't lie in the order of their positions: begin again, sorted.
    struct OutOfOrder: Error {}

    private static let fetchSize = 4_096

    private let snapshot: LogSnapshot
    private var fetched: [StoredAnswer] = []
    /// Up to where answers were given.
    private var given: Int64
    private var isAtEnd = false

    /// Opens the cursor; there can be one in a snapshot.
    init(_ snapshot: LogSnapshot, from position: Int64, sorted: Bool) async throws {
        self.snapshot = snapshot
        given = position
        _ = try await snapshot.query(Self.declare(sorted: sorted), .int8(position))
    }

    /// Those up to a position that were not given before.
    func next(before position: Int64) async throws -> [StoredAnswer] {
        while !isAtEnd, (fetched.last?.position ?? -1) < position {
            let rows = try await snapshot.connection.query(Self.fetch, deadline: LogSnapshot.patience)
            for row in rows {
                let answer = try StoredAnswer(row)
                guard answer.position >= fetched.last?.position ?? given else { throw OutOfOrder() }
                fetched.append(answer)
            }
            isAtEnd = rows.isEmpty
        }
        let count = fetched.firstIndex { $0.position >= position } ?? fetched.count
        defer { fetched.removeFirst(count) }
        given = position
        return Array(fetched.prefix(count))
    }

    private static func declare(sorted: Bool) -> Statement {
        Statement(
            """
            DECLARE answers NO SCROLL CURSOR FOR SELECT tenant_id, key, fingerprint, position, response
            FROM zentriq.outcomes WHERE log_id = $1 AND position >= $2 \(sorted ? "ORDER BY position" : "")
            """)
    }
    private static let fetch = Statement("FETCH FORWARD \(fetchSize) FROM answers")
}

extension LogSnapshot {
    /// The answers that are kept under these keys.
    func answers(under keys: [OutcomeKey]) async throws -> [StoredAnswer] {
        guard !keys.isEmpty else { return [] }
        return try await query(
            Self.answersUnderKeys, .uuidArray(keys.map(\.tenant.rawValue)), .byteaArray(keys.map(\.hash.bytes))
        ).map(StoredAnswer.init)
    }

    private static let answersUnderKeys = Statement(
        """
        SELECT found.tenant_id, found.key, found.fingerprint, found.position, found.response
        FROM unnest($2::uuid[], $3::bytea[]) AS asked (tenant_id, key)
        CROSS JOIN LATERAL (
            SELECT o.tenant_id, o.key, o.fingerprint, o.position, o.response FROM zentriq.outcomes AS o
            WHERE o.log_id = $1 AND o.tenant_id = asked.tenant_id AND o.key = asked.key
            OFFSET 0) AS found
        """)
}

extension StoredAnswer {
    fileprivate init(_ row: Row) throws {
        self.init(
            key: OutcomeKey(
                TenantID(try row.uuid(0)), try row.withBytes(1) { TreeHash(bytes: $0) } ?? MerkleTree.emptyRoot),
            fingerprint: try row.withBytes(2) { TreeHash(bytes: $0) }, position: try row.int64(3),
            response: try row.withBytes(4) { [UInt8]($0) })
    }
}

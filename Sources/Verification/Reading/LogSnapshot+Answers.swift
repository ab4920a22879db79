import EventStore
import Foundation
import Postgres
import TransparencyLog

/// All stored answers in the order of their positions, a part at a time: nothing in the database is in that order, so
/// the server sorts them once.
actor AnswerCursor {
    private static let fetchSize = 4_096

    private let snapshot: LogSnapshot
    private var fetched: [StoredAnswer] = []
    private var isAtEnd = false

    /// Opens the cursor; there can be one in a snapshot.
    init(_ snapshot: LogSnapshot, from position: Int64) async throws {
        self.snapshot = snapshot
        _ = try await snapshot.query(Self.declare, .int8(position))
    }

    /// Those up to a position that were not given before.
    func next(before position: Int64) async throws -> [StoredAnswer] {
        while !isAtEnd, (fetched.last?.position ?? -1) < position {
            let rows = try await snapshot.connection.query(Self.fetch, deadline: LogSnapshot.patience)
            fetched += try rows.map(StoredAnswer.init)
            isAtEnd = rows.isEmpty
        }
        let count = fetched.firstIndex { $0.position >= position } ?? fetched.count
        defer { fetched.removeFirst(count) }
        return Array(fetched.prefix(count))
    }

    private static let declare = Statement(
        """
        DECLARE answers NO SCROLL CURSOR FOR SELECT tenant_id, key, fingerprint, position, response
        FROM zentriq.outcomes WHERE log_id = $1 AND position >= $2 ORDER BY position
        """)
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
        let key = try row.bytes(1)
        self.init(
            key: OutcomeKey(TenantID(try row.uuid(0)), TreeHash(key) ?? MerkleTree.emptyRoot),
            fingerprint: try row.bytes(2), position: try row.int64(3), response: Array(try row.string(4).utf8))
    }
}

import EventStore
import Foundation
import Postgres
import TransparencyLog

/// All stored answers, a part at a time, those before a position first.
///
/// Nothing keeps them in that order but the way in which they were written: one batch after the other, and never
/// changed. A late one may have found room in an early page, so they nearly lie in their order. They are read as they
/// lie, some pages further than seems necessary; only if that is not far enough, the server sorts them.
actor AnswerCursor {
    /// One came that should have been given before: begin again, sorted.
    struct OutOfOrder: Error {}

    enum Order: Sendable {
        /// That many pages of the table at once.
        case pages(Int64)
        case sorted
    }

    private static let rowsFetched = 4_096

    private let snapshot: LogSnapshot
    private let start: Int64
    private let order: Order
    private var fetched: [StoredAnswer] = []
    /// The lowest position of those that were read last.
    private var lowest: Int64 = -1
    /// Up to where answers were given.
    private var given: Int64
    /// Pages of the table that were not read yet.
    private var pages: Range<Int64> = 0..<0
    private var isAtEnd = false

    /// Opens the cursor; there can be one in a snapshot.
    init(_ snapshot: LogSnapshot, from position: Int64, readingAs order: Order) async throws {
        self.snapshot = snapshot
        start = position
        given = position
        self.order = order
        switch order {
        case .sorted: _ = try await snapshot.query(Self.declare, .int8(position))
        case .pages: pages = 0..<(try await snapshot.connection.query(Self.pageCount).only().int64(0))
        }
    }

    /// Those up to a position that were not given before.
    func next(before position: Int64) async throws -> [StoredAnswer] {
        while !isAtEnd, lowest < position {
            let answers =
                switch order {
                case .sorted: try await fetch()
                case .pages(let count): try await read(pages: count)
                }
            lowest = answers.lazy.map(\.position).min() ?? lowest
            guard lowest >= given || answers.isEmpty else { throw OutOfOrder() }
            fetched += answers
        }
        given = position
        defer { fetched.removeAll { $0.position < position } }
        return fetched.filter { $0.position < position }
    }

    private func read(pages count: Int64) async throws -> [StoredAnswer] {
        let next = pages.lowerBound..<min(pages.lowerBound + count, pages.upperBound)
        pages = next.upperBound..<pages.upperBound
        isAtEnd = pages.isEmpty
        guard !next.isEmpty else { return [] }
        let rows = try await snapshot.copy(
            """
            SELECT tenant_id, key, fingerprint, position, response FROM zentriq.outcomes
            WHERE ctid >= '(\(next.lowerBound),0)' AND ctid < '(\(next.upperBound),0)'
            AND log_id = \(snapshot.log.rawValue) AND position >= \(start)
            """)
        return try rows.answers()
    }

    private func fetch() async throws -> [StoredAnswer] {
        let rows = try await snapshot.connection.query(Self.fetchNext, deadline: LogSnapshot.patience)
        isAtEnd = rows.isEmpty
        return try rows.map(StoredAnswer.init)
    }

    private static let pageCount = Statement(
        "SELECT pg_relation_size('zentriq.outcomes') / current_setting('block_size')::bigint")
    private static let declare = Statement(
        """
        DECLARE answers NO SCROLL CURSOR FOR SELECT tenant_id, key, fingerprint, position, response
        FROM zentriq.outcomes WHERE log_id = $1 AND position >= $2 ORDER BY position
        """)
    private static let fetchNext = Statement("FETCH FORWARD \(rowsFetched) FROM answers")
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

extension CopiedRows {
    fileprivate func answers() throws -> [StoredAnswer] {
        var answers: [StoredAnswer] = []
        try forEach(in: chunks.indices, columns: 5) { fields in
            var scanner = fields
            let tenant = try scanner.uuid("tenant_id")
            let key = try scanner.some("key")
            let fingerprint = try scanner.some("fingerprint")
            let position = try scanner.integer("position")
            let response = try scanner.some("response")
            answers.append(
                StoredAnswer(
                    tenant: tenant, key: TreeHash(bytes: key), fingerprint: TreeHash(bytes: fingerprint),
                    position: position, response: [UInt8](response)))
        }
        return answers
    }
}

extension StoredAnswer {
    fileprivate init(_ row: Row) throws {
        self.init(
            tenant: try row.uuid(0), key: try row.withBytes(1) { TreeHash(bytes: $0) },
            fingerprint: try row.withBytes(2) { TreeHash(bytes: $0) }, position: try row.int64(3),
            response: try row.withBytes(4) { [UInt8]($0) })
    }
}

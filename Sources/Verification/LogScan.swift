package import Billing
package import EventStore
package import Postgres

/// A log as it was at one moment, read from its first event: every row is checked on its own, and compared with none.
package struct LogScan: Sendable {
    /// Events that are read at once.
    private static let slice: Int64 = 32_768

    private let snapshot: LogSnapshot
    private let origin: String
    private let keys: SubjectKeys

    /// Reads in one transaction, which holds a connection of `pool` as long as `body` runs.
    package static func with<Value: Sendable>(
        _ pool: PostgresPool, log: LogID, origin: String, keys: SubjectKeys,
        _ body: @Sendable (LogScan) async throws -> Value
    ) async throws -> Value {
        try await LogSnapshot.with(pool, log: log) { try await body(LogScan(snapshot: $0, origin: origin, keys: keys)) }
    }

    /// All rows before a position, in parts and in their order. While one part is taken, the next is fetched.
    ///
    /// - Parameter take: says whether to go on.
    package func rows(
        before end: LogPosition, _ take: ([CheckedRow]) async throws -> Bool
    ) async throws {
        var positions = Self.positions(from: 0, end.rawValue)
        var fetched = try await snapshot.events(positions)
        while !positions.isEmpty {
            let known = try await snapshot.keys(of: fetched, with: keys)
            let following = Self.positions(from: positions.upperBound, end.rawValue)
            async let next = following.isEmpty ? CopiedRows(chunks: []) : snapshot.events(following)
            for part in try await RowCheck.check(fetched, origin: origin, keys: known) {
                guard try await take(part) else { return }
            }
            positions = following
            fetched = try await next
        }
    }

    /// All certificates that stand in it.
    package func certifiedErasures() async throws -> CertifiedErasures {
        var erasures = CertifiedErasures()
        erasures.add(
            try await snapshot.retentionEvents(from: 0).compactMap { event in
                guard case .swept(let certificate) = event.event else { return nil }
                return CertifiedErasures.Entry(
                    position: event.position, recordedAt: event.recordedAt, certificate: certificate)
            })
        return erasures
    }

    /// Whatever was carried forward, for all accounts.
    package func carriedBalances() async throws -> CarriedBalances {
        try await snapshot.carriedBalances()
    }

    /// The heads of all streams, page by page.
    package func streamHeads(_ take: ([StreamHeadRow]) throws -> Void) async throws {
        var page: [StreamHeadRow] = []
        repeat {
            page = try await snapshot.streamHeads(after: page.last)
            try take(page)
        } while page.count == LogSnapshot.pageSize
    }

    private static func positions(from start: Int64, _ end: Int64) -> Range<Int64> {
        start..<max(start, min(end, start + slice))
    }
}

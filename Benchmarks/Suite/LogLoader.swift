import AuditLog
import BenchmarkReport
import Billing
import CreditDomain
import EventStore
import Foundation
import Gateway
import Postgres
import Synchronization
import TransparencyLog

/// Fills a log by COPY to a size that the write path would take hours for. What it leaves is what the service would
/// have written, so the log verifies.
struct LogLoader: Sendable {
    static let accounts = 10_000
    private static let chunk = 16_384
    private static let units: Int64 = 1_000_000_000

    let log: BenchLog

    /// - Returns: the accounts' tenants.
    func load(_ size: Int) async throws -> [TenantID] {
        let tenants = (0..<Self.accounts).map { _ in TenantID(UUID()) }
        try await BenchLog.withWriters([log]) { try await $0[0].grant(Self.units, to: tenants) }
        var rows = try await rows(for: tenants)
        var made: CaptureRows.Chunk?
        repeat {
            // One is made while the one before is written.
            let chunk = made
            async let written: Void = write(chunk)
            let missing = (size - Int(rows.tree.size) + 1) / 2
            made = missing > 0 ? try rows.captures(min(Self.chunk, missing)) : nil
            try await written
        } while made != nil
        try await finish(rows)
        try await buildTiles()
        try await log.server.connection.script("VACUUM (ANALYZE)")
        try await log.server.connection.script("CHECKPOINT")
        return tenants
    }

    /// What captures of these accounts continue from.
    func rows(for tenants: [TenantID]) async throws -> CaptureRows {
        var accounts: [CaptureRows.Account] = []
        for tenant in tenants {
            let person = try await log.subjects.subject(of: tenant.rawValue, in: tenant)
            guard
                let head = try await log.reader.head(
                    of: StreamKey(tenant, Streams.account(.punchout)), as: AccountState.self)
            else { throw BenchFailure("an account has no head") }
            accounts.append(
                CaptureRows.Account(person: person, state: head.state, moved: head.version.rawValue))
        }
        return CaptureRows(origin: log.signer.origin, accounts: accounts, head: try await log.reader.head())
    }

    func write(_ chunk: CaptureRows.Chunk?) async throws {
        guard let chunk else { return }
        try await copy(chunk.events, into: "zentriq.events (\(CopyRows.eventColumns))")
        try await copy(
            chunk.outcomes, into: "zentriq.outcomes (log_id, tenant_id, key, fingerprint, position, response)")
    }

    func copy(_ rows: CopyRows, into table: String) async throws {
        let pieces = Pieces(rows.finished)
        let count = try await log.server.connection.copyIn(
            "COPY \(table) FROM STDIN (FORMAT binary)", next: pieces.next)
        guard count == rows.count else { throw BenchFailure("COPY took \(count) of \(rows.count) rows") }
    }

    /// Moves the heads of streams and log to what was written.
    func finish(_ rows: CaptureRows) async throws {
        let connection = log.server.connection
        try await connection.script("CREATE TEMP TABLE loaded (LIKE zentriq.streams)")
        try await copy(rows.streams(), into: "loaded (\(CopyRows.streamColumns))")
        try await connection.script(
            """
            INSERT INTO zentriq.streams SELECT * FROM loaded
            ON CONFLICT (log_id, tenant_id, stream_id) DO UPDATE SET version = excluded.version,
                position = excluded.position, due_at = excluded.due_at, state = excluded.state;
            DROP TABLE loaded
            """)
        let root = rows.tree.root()
        let checkpoint = try log.signer.checkpoint(size: rows.tree.size, root: root).encoded()
        _ = try await connection.query(
            """
            UPDATE zentriq.heads SET size = $1, root = $2, frontier = $3, recorded_at = $4, checkpoint = $5
            WHERE log_id = 1
            """,
            [
                .int8(Int64(rows.tree.size)), .bytea(root.bytes), .bytea(rows.tree.encoded()),
                .timestamptz(microsecondsSinceUnixEpoch: rows.now.microseconds),
                .text(String(decoding: checkpoint, as: UTF8.self)),
            ])
    }

    private func buildTiles() async throws {
        let pool = PostgresPool(configuration: try log.settings.database(.projector, development: true), size: 1)
        try await TileBuilder(log: BenchLog.log, pool: pool, signal: CommitSignal(), logger: BenchLog.logger).catchUp()
        await pool.close()
    }
}

/// Bytes in pieces of the size that COPY is sent in.
private final class Pieces: Sendable {
    private static let size = 1 << 18

    private let bytes: [UInt8]
    private let position = Mutex(0)

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    @Sendable func next() -> [UInt8]? {
        position.withLock { position in
            guard position < bytes.count else { return nil }
            let end = min(position + Self.size, bytes.count)
            defer { position = end }
            return Array(bytes[position..<end])
        }
    }
}

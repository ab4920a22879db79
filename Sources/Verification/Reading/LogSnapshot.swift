import EventStore
package import Foundation
import Postgres
import TransparencyLog

/// The log's tables as they were at one moment: what is appended while they are read is not in them.
struct LogSnapshot: Sendable {
    /// Rows that are fetched at once where keys are paged through.
    static let pageSize = 10_000
    /// How long one statement may take: sorting all stored answers of a large log takes a while.
    static let patience = Duration.seconds(3_600)

    let log: LogID
    let connection: PostgresConnection

    /// Runs `body` in a read-only transaction that sees one state of the database.
    static func with<Value: Sendable>(
        _ pool: PostgresPool, log: LogID, _ body: @Sendable (LogSnapshot) async throws -> Value
    ) async throws -> Value {
        try await pool.withConnection { connection in
            try await connection.begin(isolation: .repeatableRead, readOnly: true)
            try await connection.script(settings)
            let value = try await body(LogSnapshot(log: log, connection: connection))
            try await connection.commit()
            return value
        }
    }

    // MARK: What the log says of itself

    func head() async throws -> HeadRow {
        guard let row = try await query(Self.head).first else {
            throw LogError.corrupt("log \(log.rawValue) does not exist")
        }
        return HeadRow(
            origin: try row.string(0), size: try row.int64(1), root: try row.bytes(2), frontier: try row.bytes(3),
            recordedAt: EventTime(microseconds: try row.timestamp(4)), signer: try row.string(5),
            checkpoint: try row.string(6))
    }

    /// In their order.
    func handovers() async throws -> [HandoverRow] {
        try await query(Self.handovers).map { row in
            HandoverRow(
                number: try row.int64(0), size: try row.int64(1), oldSigner: try row.string(2),
                newSigner: try row.string(3), checkpoint: try row.string(4))
        }
    }

    func cosignatures() async throws -> [CosignatureRow] {
        try await query(Self.cosignatures).map { row in
            CosignatureRow(witness: try row.string(0), size: try row.int64(1), checkpoint: try row.string(2))
        }
    }

    /// How many rows there are that no head accounts for, and the first of them.
    func eventsBeyond(_ size: Int64) async throws -> (count: Int64, first: Int64?) {
        let row = try await query(Self.eventsBeyond, .int8(size)).only()
        return (try row.int64(0), try row.optionalInt64(1))
    }

    // MARK: Events

    /// All rows of these positions, in their order.
    func events(_ positions: Range<Int64>) async throws -> CopiedRows {
        try await copy(EventRow.query(log, positions))
    }

    /// All rows of a query, which has no parameters.
    func copy(_ query: String) async throws -> CopiedRows {
        let collector = CopyCollector()
        try await connection.copyOut(
            "COPY (\(query)) TO STDOUT (FORMAT binary)", deadline: Self.patience, { collector.append($0) })
        return collector.rows
    }

    // MARK: Streams

    /// A page of the heads of all streams, after one of them.
    func streamHeads(after last: StreamHeadRow?) async throws -> [StreamHeadRow] {
        let rows =
            if let last {
                try await query(Self.nextStreams, .uuid(last.tenant), .text(last.stream), .int8(Int64(Self.pageSize)))
            } else {
                try await query(Self.firstStreams, .int8(Int64(Self.pageSize)))
            }
        return try rows.map { row in
            StreamHeadRow(
                tenant: try row.uuid(0), stream: try row.string(1), version: try row.int64(2),
                position: try row.int64(3), dueAt: try row.optionalInt64(4), state: try row.optionalString(5))
        }
    }

    func query(_ statement: Statement, _ parameters: Parameter...) async throws -> Rows {
        try await connection.query(statement, [.int4(log.rawValue)] + parameters, deadline: Self.patience)
    }
}

struct HeadRow: Sendable {
    /// As the table of logs has it.
    var origin: String
    var size: Int64
    var root: [UInt8]
    var frontier: [UInt8]
    var recordedAt: EventTime
    var signer: String
    var checkpoint: String
}

struct HandoverRow: Sendable {
    let number: Int64
    let size: Int64
    let oldSigner: String
    let newSigner: String
    let checkpoint: String
}

struct CosignatureRow: Sendable {
    let witness: String
    let size: Int64
    let checkpoint: String
}

package struct StreamHeadRow: Sendable {
    package let tenant: UUID
    package let stream: String
    package let version: Int64
    let position: Int64
    let dueAt: Int64?
    package let state: String?
}

extension LogSnapshot {
    /// A partition that is dropped is gone for older snapshots, too: so its lock comes before the snapshot, which the first
    /// query takes.
    private static let settings = """
        LOCK TABLE zentriq.events IN ACCESS SHARE MODE;
        SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '64MB'; SET LOCAL jit = off;
        SET LOCAL enable_sort = off; SET LOCAL synchronize_seqscans = off
        """
    private static let head = Statement(
        """
        SELECT origin, size, root, frontier, recorded_at, signer, checkpoint
        FROM zentriq.heads JOIN zentriq.logs USING (log_id) WHERE log_id = $1
        """)
    private static let handovers = Statement(
        """
        SELECT number, size, old_signer, new_signer, checkpoint FROM zentriq.handovers
        WHERE log_id = $1 ORDER BY number
        """)
    private static let cosignatures = Statement(
        "SELECT witness, size, checkpoint FROM zentriq.cosignatures WHERE log_id = $1 ORDER BY witness")
    /// Each half finds what it counts in the index; together they would be looked for everywhere.
    private static let eventsBeyond = Statement(
        """
        SELECT count(*), min(position) FROM (
            SELECT position FROM zentriq.events WHERE log_id = $1 AND position < 0
            UNION ALL
            SELECT position FROM zentriq.events WHERE log_id = $1 AND position >= $2) AS beyond
        """)
    private static let streamColumns = "tenant_id, stream_id, version, position, due_at, state"
    private static let firstStreams = Statement(
        """
        SELECT \(streamColumns) FROM zentriq.streams
        WHERE log_id = $1 ORDER BY tenant_id, stream_id LIMIT $2
        """)
    private static let nextStreams = Statement(
        """
        SELECT \(streamColumns) FROM zentriq.streams
        WHERE log_id = $1 AND (tenant_id, stream_id) > ($2, $3) ORDER BY tenant_id, stream_id LIMIT $4
        """)
}

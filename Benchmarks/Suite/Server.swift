import BenchmarkReport
import Foundation
import Postgres

/// The database server, seen by its superuser: what a load cost it, and what the log holds.
struct Server: Sendable {
    let connection: PostgresConnection
    let postmaster: Int32
    let address: [String: String]

    static func connect(database: String) async throws -> Server {
        let environment = ProcessInfo.processInfo.environment
        func value(_ name: String) throws -> String {
            guard let value = environment["ZENTRIQ_\(name)"] else { throw BenchFailure("ZENTRIQ_\(name) is not set") }
            return value
        }
        let host = try value("DATABASE_SOCKET")
        let port = try value("DATABASE_PORT")
        let password = try value("SUPERUSER_PASSWORD")
        let connection = try await PostgresConnection.connect(
            PostgresConfiguration(
                host: host, port: Int(port) ?? 0, database: database, user: "postgres", password: password,
                applicationName: "bench", statementTimeout: .zero))
        let file = try await connection.query("SELECT pg_read_file('postmaster.pid')").only().string(0)
        guard let postmaster = file.split(separator: "\n").first.flatMap({ Int32($0) }) else {
            throw BenchFailure("the server does not say its process id")
        }
        return Server(
            connection: connection, postmaster: postmaster,
            address: [
                "PGHOST": host, "PGPORT": port, "PGUSER": "postgres", "PGPASSWORD": password, "PGDATABASE": database,
            ])
    }

    /// Fills as many segments of the write-ahead log as the server keeps, so that it has them to use again, as one has
    /// that has run for a while: making a new one stops every commit meanwhile.
    func fillSegments() async throws {
        let bytes = try await number("SELECT pg_size_bytes(current_setting('min_wal_size'))")
        let segment = try await number("SELECT pg_size_bytes(current_setting('wal_segment_size'))")
        for _ in 0..<bytes / segment {
            try await connection.script("SELECT pg_logical_emit_message(false, 'bench', ''); SELECT pg_switch_wal()")
        }
        try await connection.script("CHECKPOINT")
    }

    func number(_ sql: String) async throws -> Int64 {
        try await connection.query(Statement(sql)).only().int64(0)
    }

    /// Bytes of write-ahead log written since the server began.
    func walBytes() async throws -> Int64 {
        try await number("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint")
    }

    func diskBytes() async throws -> Int64 {
        try await number("SELECT pg_database_size(current_database())")
    }

    /// Waits until everything that follows the log has caught up, so that one load doesn't work off another's.
    func waitUntilQuiet(within limit: Duration = .seconds(300)) async throws {
        let deadline = ContinuousClock.now + limit
        while try await number(Self.behind) > 0 {
            guard ContinuousClock.now < deadline else { throw BenchFailure("projections or tiles don't catch up") }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private static let behind = """
        SELECT count(*) FROM zentriq.heads AS head
        WHERE EXISTS (SELECT FROM zentriq.projections AS p WHERE p.log_id = head.log_id AND p.next_position < head.size)
           OR (SELECT count(*) FROM zentriq.bundles AS b WHERE b.log_id = head.log_id) < head.size / 256
        """
}

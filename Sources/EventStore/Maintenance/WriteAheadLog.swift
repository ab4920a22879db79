import Postgres

/// The segments of the server's write-ahead log. A checkpoint renames those that are needed no more, for later use: what
/// was in them stays there until they are written again, which on a server at rest is never.
struct WriteAheadLog {
    private let connection: PostgresConnection

    init(_ connection: PostgresConnection) {
        self.connection = connection
    }

    /// The names of all there are, in their order.
    func segments() async throws -> [String] {
        try await connection.query(Self.names).map { try $0.string(0) }
    }

    /// Makes whatever was written before needed no more.
    ///
    /// - Returns: how many segments of before are kept all the same.
    func checkpoint() async throws -> Int {
        try await connection.query(Self.switchSegment)
        let current = try await advance()
        try await connection.script("CHECKPOINT")
        return try await segments().count { $0 < current }
    }

    /// Writes every segment that is there for later use: what is left of a segment when it is ended is filled with zeros.
    ///
    /// - Returns: how many were written.
    func overwrite(progress: @Sendable (Int, Int) -> Void) async throws -> Int {
        var current = try await advance()
        let waiting = try await segments().filter { $0 > current }
        guard let last = waiting.last else { return 0 }
        var written = 0
        while current <= last {
            progress(written, waiting.count)
            try await connection.query(Self.switchSegment)
            current = try await advance()
            written += 1
        }
        return written
    }

    /// Something has to stand in a segment before it can be ended.
    ///
    /// - Returns: the name of the segment that is written now.
    private func advance() async throws -> String {
        try await connection.query(Self.emit).only().string(0)
    }

    private static let names = Statement(
        "SELECT name FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$' ORDER BY name COLLATE \"C\"")
    private static let switchSegment = Statement("SELECT pg_switch_wal()")
    private static let emit = Statement(
        "SELECT pg_walfile_name(pg_logical_emit_message(false, 'zentriq', 'maintenance'))")
}

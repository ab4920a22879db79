import EventStore
import Foundation
import Postgres
import Sealing

/// What the recorder keeps in the database, and what it sees of the server: with the role `zentriq_recorder`.
struct RecorderDatabase: Sendable {
    let log: LogID
    let pool: PostgresPool

    struct Lease: Sendable {
        /// Nil where nothing was read yet.
        let cursor: LogCursor?
        let state: RecorderState
    }

    /// Nil while another process records.
    func hold(_ holder: UUID, seconds: Int32) async throws -> Lease? {
        guard
            let row = try await pool.query(
                Self.holdRecorder, [.int4(log.rawValue), .uuid(holder), .int4(seconds)]
            ).first
        else { return nil }
        let cursor = try row.optionalString(0).map { file in
            LogCursor(
                file: file, device: try row.int64(1), inode: try row.int64(2), offset: try row.int64(3),
                digest: try row.bytes(4))
        }
        return Lease(cursor: cursor, state: try RecorderState(text: try row.string(5)))
    }

    /// To be run in the transaction that appends what comes of it.
    static func advance(
        log: LogID, _ holder: UUID, from: LogCursor?, to cursor: LogCursor?, _ state: RecorderState, heardAt: Int64?
    ) throws -> (Statement, [Parameter]) {
        (
            advanceRecorder,
            [
                .int4(log.rawValue), .uuid(holder), .text(from?.file), .int8(from?.offset), .text(cursor?.file),
                .int8(cursor?.device), .int8(cursor?.inode), .int8(cursor?.offset), .bytea(cursor?.digest),
                .text(try state.text()), .timestamptz(microsecondsSinceUnixEpoch: heardAt),
            ]
        )
    }

    /// - Returns: when the mark was made, by the server's clock.
    func mark(_ mark: UUID) async throws -> Int64 {
        try await pool.query(Self.markServerLog, [.uuid(mark)]).only().timestamp(0)
    }

    func accesses(of roles: Set<String>) async throws -> [String: (id: UUID, endedAt: EventTime?)] {
        guard !roles.isEmpty else { return [:] }
        let rows = try await pool.query(Self.recordedAccesses, [.textArray(roles.sorted())])
        return Dictionary(
            try rows.map { row in
                (
                    try row.string(0),
                    (id: try row.uuid(1), endedAt: try row.optionalTimestamp(2).map(EventTime.init(microseconds:)))
                )
            }, uniquingKeysWith: { $1 })
    }

    /// What names of this database's roles of staff begin with.
    func rolePrefix() async throws -> String { try await pool.query(Self.selectPrefix).only().string(0) }

    func view(prefix: String) async throws -> ServerView {
        let sessions = try await pool.query(Self.selectSessions).map { (try $0.string(0), try $0.string(1)) }
        let rows = try await pool.query(Self.selectSnapshot).map { (try $0.string(0), try $0.string(1)) }
        let staff = Set(rows.compactMap { Self.role(in: $0.0) }.filter { $0.hasPrefix("staff_") })
        let known = try await accesses(of: staff)
        return ServerView(
            sessions: Dictionary(
                sessions.filter { LogTracker.isStaff($0.1, prefix: prefix) }, uniquingKeysWith: { $1 }),
            snapshot: Dictionary(
                rows.filter { name, _ in
                    // Roles that a grant explains come and go; those of other databases are others' to explain.
                    guard let role = Self.role(in: name), role.hasPrefix("staff_") else { return true }
                    return known[role] == nil && LogTracker.isStaff(role, prefix: prefix)
                }, uniquingKeysWith: { $1 }))
    }

    /// Of `role NAME`, `membership NAME in …`, `setting of NAME …`.
    private static func role(in name: String) -> String? {
        let words = name.split(separator: " ")
        return switch words.first {
        case "role", "membership": words.dropFirst().first.map(String.init)
        case "setting" where words.dropFirst().first == "of": words.dropFirst(2).first.map(String.init)
        default: nil
        }
    }
}

extension RecorderDatabase {
    /// The key that texts are sealed under; made the first time.
    ///
    /// - Parameter pool: with a role that may read `sealing_keys`, and where `isMaking`, add to it.
    static func key(
        of log: LogID, origin: String, keys: KeyEncryptionKeys, pool: PostgresPool, isMaking: Bool
    ) async throws -> RecordKey {
        let rows = SealingKeyRows(log: log, pool: pool)
        let wrapped =
            isMaking
            ? try await rows.key(.record, with: keys) { try await RecordKey.make(log: origin, wrappedBy: keys) }
            : try await rows.key(.record)
        guard let wrapped else {
            throw LogError.corrupt("nothing was ever recorded of staff: there is no key for it")
        }
        return try await RecordKey(unwrapping: wrapped, with: keys, log: origin)
    }
}

extension RecorderDatabase {
    private static let holdRecorder = Statement(
        "SELECT file, device, inode, read_to, digest, state FROM zentriq.hold_recorder($1, $2, $3)")
    private static let advanceRecorder = Statement(
        "SELECT zentriq.advance_recorder(\((1...11).map { "$\($0)" }.joined(separator: ", ")))")
    private static let markServerLog = Statement("SELECT zentriq.mark_server_log($1)")
    private static let recordedAccesses = Statement(
        "SELECT role_name, access_id, ended_at FROM zentriq.recorded_accesses($1)")
    private static let selectPrefix = Statement(
        """
        SELECT 'staff_' || lpad(to_hex(oid::bigint), 8, '0') FROM pg_database WHERE datname = current_database()
        """)
    private static let selectSessions = Statement(
        """
        SELECT to_hex(trunc(extract(epoch FROM backend_start))::bigint) || '.' || to_hex(pid), usename::text
        FROM pg_stat_activity WHERE usename ~ '^staff_' AND backend_type = 'client backend'
        """)
    /// Settings as the server has them, not as this connection has; what they are set to can be a secret.
    private static let selectSnapshot = Statement(
        """
        SELECT 'role ' || rolname,
               concat_ws(' ', CASE WHEN rolsuper THEN 'superuser' END, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication,
                         rolbypassrls)
        FROM pg_roles
        UNION ALL SELECT 'membership ' || member::regrole || ' in ' || roleid::regrole, admin_option::text
        FROM pg_auth_members
        UNION ALL SELECT 'slot ' || slot_name, concat_ws(' ', plugin, slot_type, database) FROM pg_replication_slots
        UNION ALL SELECT 'setting ' || name, md5(coalesce(reset_val, '')) FROM pg_settings
        WHERE source IN ('configuration file', 'command line', 'environment variable')
        UNION ALL SELECT 'setting of ' || CASE setrole WHEN 0 THEN 'all' ELSE setrole::regrole::text END || ' in '
                         || coalesce(datname, 'all') || ' ' || split_part(setting, '=', 1), md5(setting)
        FROM pg_db_role_setting LEFT JOIN pg_database ON pg_database.oid = setdatabase, unnest(setconfig) AS setting
        """)
}

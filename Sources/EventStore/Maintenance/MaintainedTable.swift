import Postgres

/// A table that something personal is destroyed in.
package struct MaintainedTable: Sendable {
    package enum Treatment: String, Sendable {
        /// Into new files. To vacuum a table makes room in its pages, and leaves the bytes there until the room is used.
        case rewrite
        case vacuum
        /// It has no rows of its own, and was sampled once.
        case analyze
    }

    /// With its schema, as SQL has it.
    package let name: String
    /// Of the table itself, when it was last vacuumed.
    package let bytes: Int64
    package let treatment: Treatment

    /// Keys and who people are, and the planner's samples of the columns: small, and what was in them must be nowhere. The
    /// events' tables are large, and what was sealed in them can't be opened without those keys.
    static func all(rewritingEvents: Bool, on connection: PostgresConnection) async throws -> [MaintainedTable] {
        try await connection.query(select, [.bool(rewritingEvents)]).map { row in
            MaintainedTable(
                name: try row.string(0), bytes: try row.int64(1),
                treatment: Treatment(rawValue: try row.string(2)) ?? .rewrite)
        }
    }

    /// - Returns: false if rows that are gone could not be taken out: whoever may still see one keeps it from going, also
    ///   from a table that is rewritten.
    func maintain(on connection: PostgresConnection) async throws(PostgresError) -> Bool {
        guard treatment != .analyze else {
            try await connection.script("ANALYZE \(name)")
            return true
        }
        try await connection.script("VACUUM (ANALYZE) \(name)")
        guard try await connection.query(Self.dead, [.text(name)]).only().int64(0) == 0 else { return false }
        guard treatment == .rewrite else { return true }
        try await connection.script("VACUUM (FULL) \(name)")
        // Where there is nothing to sample, the samples of before stay; to set a column's type drops them.
        for row in try await connection.query(Self.sampled, [.text(name)]) {
            guard try await connection.query(Statement("SELECT NOT EXISTS (SELECT FROM \(name))")).only().bool(0) else {
                break
            }
            try await connection.script(try row.string(0))
        }
        return true
    }

    /// The samples come last: each table is sampled anew before. Sizes as they were noted: to measure takes a lock.
    private static let select = Statement(
        """
        SELECT c.oid::regclass::text, c.relpages * current_setting('block_size')::bigint, treatment
        FROM (
            SELECT 1 AS rank, 'rewrite' AS treatment, c.oid FROM pg_class AS c
            WHERE c.relnamespace = 'zentriq'::regnamespace AND c.relkind = 'r'
                AND (c.relname = 'subjects' OR c.oid IN (SELECT zentriq.wrapped_key_tables()))
            UNION ALL
            SELECT 2, CASE WHEN $1 THEN 'rewrite' ELSE 'vacuum' END, i.inhrelid FROM pg_inherits AS i
            WHERE i.inhparent IN ('zentriq.events_capture'::regclass, 'zentriq.events_account'::regclass)
            UNION ALL
            SELECT 3, 'analyze', parent.oid
            FROM (VALUES ('zentriq.events'::regclass), ('zentriq.events_capture'), ('zentriq.events_account')) AS parent (oid)
            WHERE pg_stat_get_last_analyze_time(parent.oid) IS NOT NULL
            UNION ALL
            SELECT 4, 'rewrite', 'pg_catalog.pg_statistic'::regclass
        ) AS chosen JOIN pg_class AS c USING (oid)
        ORDER BY rank, c.relname
        """)
    private static let dead = Statement("SELECT pg_stat_get_dead_tuples(to_regclass($1))")
    private static let sampled = Statement(
        """
        SELECT format('ALTER TABLE %s ALTER %I TYPE %s', $1, attname, format_type(atttypid, atttypmod))
        FROM pg_attribute
        WHERE attrelid = to_regclass($1)
            AND attname IN ('wrapped', 'lookup', 'object', 'envelope', 'answer', 'secret', 'name')
        """)
}

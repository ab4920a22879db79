import Postgres

/// A table that something personal is destroyed in.
package struct MaintainedTable: Sendable {
    /// With its schema, as SQL has it.
    package let name: String
    /// With its indexes.
    package let bytes: Int64
    /// Into new files. To vacuum a table makes room in its pages, and leaves the bytes there until the room is used.
    package let isRewritten: Bool

    /// Keys and who people are, and the planner's samples of the columns: small, and what was in them must be nowhere. The
    /// events' tables are large, and what was sealed in them can't be opened without those keys.
    static func all(rewritingEvents: Bool, on connection: PostgresConnection) async throws -> [MaintainedTable] {
        try await connection.query(select, [.bool(rewritingEvents)]).map { row in
            MaintainedTable(name: try row.string(0), bytes: try row.int64(1), isRewritten: try row.bool(2))
        }
    }

    /// Rows that are gone, and could not be taken out by the last `VACUUM`.
    func deadRows(on connection: PostgresConnection) async throws(PostgresError) -> Int64 {
        try await connection.query(Self.dead, [.text(name)]).only().int64(0)
    }

    /// The samples come last: each table is sampled anew before.
    private static let select = Statement(
        """
        SELECT c.oid::regclass::text, pg_total_relation_size(c.oid), rank <> 2 OR $1
        FROM (
            SELECT 1 AS rank, c.oid FROM pg_class AS c
            WHERE c.relnamespace = 'zentriq'::regnamespace AND c.relkind = 'r'
                AND c.relname IN ('sealing_keys', 'subject_keys', 'subjects', 'plain_subjects')
            UNION ALL
            SELECT 2, p.relid FROM (VALUES ('zentriq.events_capture'::regclass), ('zentriq.events_account')) AS parent (oid)
            CROSS JOIN LATERAL pg_partition_tree(parent.oid) AS p WHERE p.isleaf
            UNION ALL
            SELECT 3, 'pg_catalog.pg_statistic'::regclass
        ) AS chosen JOIN pg_class AS c USING (oid)
        ORDER BY rank, c.relname
        """)
    private static let dead = Statement("SELECT pg_stat_get_dead_tuples(to_regclass($1))")
}

import Foundation
import Postgres
import PostgresTesting
import Testing

@testable import EventStore

/// What whoever has the password of one of the service's roles can't do: tried with the role itself, and the whole of it compared
/// with the table in docs/SECURITY.md.
@Suite("Rights of the services", .serialized, .timeLimit(.minutes(10)))
struct ServiceRightsTests {
    typealias Role = TestDatabase.Role

    static let forbidden: [String: [String]] = [
        "the log": [
            "DELETE FROM events", "UPDATE events SET data = ''", "TRUNCATE events", "INSERT INTO events DEFAULT VALUES",
            "DELETE FROM events_access", "TABLE events_access", "UPDATE heads SET size = 0", "DELETE FROM streams",
            "DELETE FROM outcomes", "UPDATE logs SET origin = 'x'", "DELETE FROM logs",
            "WITH gone AS (DELETE FROM streams RETURNING 1) SELECT * FROM gone",
            "DO $$ BEGIN DELETE FROM zentriq.events; END $$", "PREPARE p AS DELETE FROM events; EXECUTE p",
            "INSERT INTO erasures DEFAULT VALUES", "DELETE FROM erasures", "DELETE FROM bundles",
            "DELETE FROM subtrees", "DELETE FROM handovers", "DELETE FROM cosignatures",
            "INSERT INTO public.schema_migrations DEFAULT VALUES",
        ],
        "keys": [
            "DELETE FROM subject_keys", "DELETE FROM sealing_keys",
            "UPDATE subject_keys SET subject = gen_random_uuid()",
            "DELETE FROM key_encryption_keys", "INSERT INTO key_encryption_keys DEFAULT VALUES",
            "UPDATE key_encryption_keys SET version = 1",
        ],
        "the roster and the grants": [
            "SELECT * FROM staff_members", "SELECT secret FROM staff_members", "SELECT * FROM staff_recovery_codes",
            "DELETE FROM staff_members", "INSERT INTO staff_members DEFAULT VALUES", "SELECT * FROM staff_accesses",
            "UPDATE staff_accesses SET expires_at = 'infinity'", "INSERT INTO staff_accesses DEFAULT VALUES",
            "INSERT INTO staff_relations VALUES ('subject_keys', NULL, true, false)",
            "SELECT give_staff_rights(gen_random_uuid())",
        ],
        "roles": [
            "CREATE ROLE staff_mine", "ALTER ROLE zentriq_owner PASSWORD 'x'", "ALTER ROLE CURRENT_USER SUPERUSER",
            "ALTER ROLE CURRENT_USER BYPASSRLS", "ALTER ROLE CURRENT_USER CREATEROLE", "DROP ROLE zentriq_staff",
            "GRANT zentriq_owner TO CURRENT_USER", "GRANT zentriq_rolemaker TO CURRENT_USER",
            "SET ROLE zentriq_rolemaker", "SET ROLE zentriq_staff",
            "REASSIGN OWNED BY zentriq_owner TO CURRENT_USER", "SELECT rolpassword FROM pg_authid",
            "SELECT passwd FROM pg_shadow",
        ],
        "settings": [
            "ALTER SYSTEM SET log_connections = off", "SELECT pg_reload_conf()", "SELECT pg_rotate_logfile()",
            "SET pgaudit.log = 'none'", "ALTER ROLE CURRENT_USER SET pgaudit.log = 'none'",
            "SET log_statement = 'none'",
            "SET session_preload_libraries = ''", "LOAD 'pgaudit'", "ALTER DATABASE postgres SET pgaudit.log = 'none'",
        ],
        "files and programs": [
            "SELECT pg_read_file('PG_VERSION')", "SELECT pg_read_binary_file('PG_VERSION')", "SELECT pg_ls_dir('.')",
            "SELECT pg_stat_file('PG_VERSION')", "COPY (SELECT 1) TO '/tmp/x'", "COPY (SELECT 1) TO PROGRAM 'id'",
            "SELECT lo_import('/etc/passwd')", "SELECT lo_create(0)", "CREATE EXTENSION pgaudit",
            "CREATE PUBLICATION p",
            "SELECT pg_create_physical_replication_slot('s')", "SELECT pg_switch_wal()", "SELECT pg_backup_start('x')",
            "CREATE DATABASE mine", "CREATE TABLESPACE t LOCATION '/tmp'",
        ],
    ]

    @Test("what is forbidden to all of them", arguments: PrivilegeTests.services)
    func forbidden(role: Role) async throws {
        let log = try await Self.shared.value
        try await log.use(role) { connection in
            try await connection.script("SET search_path = zentriq")
            for (area, statements) in Self.forbidden {
                for statement in statements {
                    do {
                        try await connection.script(statement)
                        Issue.record("\(role), \(area): \(statement) is allowed")
                    } catch let error as PostgresError {
                        #expect(error.sqlState == "42501", "\(role), \(area): \(statement): \(error.debugDescription)")
                    }
                    if connection.isInTransaction { await connection.rollback() }
                }
            }
        }
    }

    @Test("the table in docs/SECURITY.md is what the database says, of every table and every service")
    func table() async throws {
        let log = try await Self.shared.value
        let rows = try await log.use(.owner) { owner in
            try await owner.query(Self.rights, [.text(PrivilegeTests.services.map(\.rawValue).joined(separator: ","))])
                .map { try $0.string(0) }
        }
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/SECURITY.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        let written = text.split(separator: "\n").drop { $0 != "<!-- rights of the services -->" }.dropFirst(3)
            .prefix { $0.hasPrefix("|") }.map(String.init)
        #expect(written == rows, "it should be\n\(rows.joined(separator: "\n"))")
    }

    @Test("no service may pass on a right, nor reach a partition past its table", arguments: PrivilegeTests.services)
    func further(role: Role) async throws {
        let log = try await Self.shared.value
        let excess = try await log.use(.owner) { owner in
            try await owner.query(
                """
                SELECT c.relname || ' ' || name FROM pg_class AS c,
                    unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS name
                WHERE c.relnamespace = 'zentriq'::regnamespace AND c.relkind IN ('r', 'p', 'v')
                    AND (has_table_privilege($1, c.oid, name || ' WITH GRANT OPTION')
                         OR name IN ('TRUNCATE', 'TRIGGER') AND has_table_privilege($1, c.oid, name)
                         OR c.relispartition AND has_table_privilege($1, c.oid, name))
                """, [.text(role.rawValue)]
            ).map { try $0.string(0) }
        }
        #expect(excess.isEmpty)
    }

    /// A line for all tables that the services have the same rights to: those to some columns alone in small letters.
    private static let rights = Statement(
        """
        WITH roles AS (SELECT role, ordinality FROM unnest(string_to_array($1, ',')) WITH ORDINALITY AS r (role, ordinality)),
        rights AS (
            SELECT c.relname, string_agg(cell, ' | ' ORDER BY ordinality) AS cells
            FROM pg_class AS c CROSS JOIN roles CROSS JOIN LATERAL (
                SELECT coalesce(string_agg(CASE
                    WHEN has_table_privilege(role, c.oid, name) THEN left(name, 1)
                    WHEN number < 4 AND has_any_column_privilege(role, c.oid, name) THEN lower(left(name, 1)) END, ''
                    ORDER BY number), '') AS cell
                FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) WITH ORDINALITY AS p (name, number)) AS cells
            WHERE c.relnamespace = 'zentriq'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
            GROUP BY c.relname)
        SELECT regexp_replace('| `' || string_agg(relname, '`, `' ORDER BY relname COLLATE "C") || '` | ' || cells || ' |',
            '\\|  (?=\\|)', '| ', 'g')
        FROM rights GROUP BY cells ORDER BY min(relname COLLATE "C") COLLATE "C"
        """)

    private static let shared = Task { try await TestLog.make() }
}

import Billing
import BillingTesting
import EventStore
import Foundation
import Postgres
import PostgresTesting
import Testing

@testable import AuditLog

/// What somebody of the staff can't do, whatever was granted to them: tried with the role itself.
@Suite("Rights of staff", .timeLimit(.minutes(10)))
struct StaffRightsTests {
    static let scopes: [AccessScope.Name] = AccessScope.Name.allCases

    static let forbidden: [String: [String]] = [
        "keys and secrets": [
            "SELECT * FROM subject_keys", "SELECT wrapped FROM subject_keys", "SELECT * FROM sealing_keys",
            "SELECT * FROM subjects", "SELECT * FROM vault_tokens", "SELECT * FROM key_encryption_keys",
            "SELECT salt FROM events", "SELECT * FROM events",
            "SELECT fingerprint FROM outcomes", "SELECT key FROM outcomes", "TABLE events_access",
            "SELECT data FROM events_billing", "SELECT rolpassword FROM pg_authid", "SELECT passwd FROM pg_shadow",
        ],
        "the roster and the grants": [
            "SELECT * FROM staff_members", "SELECT secret FROM staff_members", "SELECT * FROM staff_recovery_codes",
            "DELETE FROM staff_members", "UPDATE staff_members SET last_step = 0", "SELECT * FROM staff_accesses",
            "UPDATE staff_accesses SET expires_at = 'infinity'", "SELECT * FROM staff_relations",
            "INSERT INTO staff_relations VALUES ('subject_keys', NULL, true, false)",
            "SELECT staff_roster()", "SELECT begin_staff_attempt(1::smallint)", "SELECT note_access(1, 0)",
            "SELECT list_staff_accesses(1, true)", "SELECT access_to_open(gen_random_uuid())",
            "SELECT give_staff_rights(gen_random_uuid())", "SELECT zentriq_access.roles()",
            "SELECT zentriq_access.open_role(gen_random_uuid(), '')", "SELECT zentriq_access.drop_role('staff_')",
        ],
        "the log": [
            "DELETE FROM events", "UPDATE events SET data = ''", "TRUNCATE events", "INSERT INTO events DEFAULT VALUES",
            "UPDATE heads SET size = 0", "DELETE FROM streams", "DELETE FROM outcomes", "UPDATE logs SET origin = 'x'",
            "WITH gone AS (DELETE FROM streams RETURNING 1) SELECT * FROM gone",
            "DO $$ BEGIN DELETE FROM zentriq.events; END $$", "PREPARE p AS DELETE FROM events; EXECUTE p",
            "SELECT destroy_subject_key(1, 0, gen_random_uuid(), now())", "SELECT lock_head(1)",
            "SELECT fence_head(1)", "SELECT people_of(1, gen_random_uuid())", "SELECT * FROM heads FOR UPDATE",
            "BEGIN; LOCK TABLE events IN EXCLUSIVE MODE", "DROP TABLE events", "ALTER TABLE events DISABLE TRIGGER ALL",
            "ALTER TABLE events NO FORCE ROW LEVEL SECURITY", "DROP POLICY staff ON events",
            "COMMENT ON TABLE events IS 'x'", "INSERT INTO erasures DEFAULT VALUES",
            "INSERT INTO public.schema_migrations DEFAULT VALUES",
        ],
        "new objects": [
            "CREATE TABLE zentriq.mine (a integer)", "CREATE TABLE public.mine (a integer)",
            "CREATE TEMPORARY TABLE mine (a integer)", "CREATE SCHEMA mine",
            "CREATE FUNCTION public.f() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
            "CREATE FUNCTION pg_temp.f() RETURNS integer LANGUAGE sql AS 'SELECT 1'", "CREATE EXTENSION pgaudit",
            "CREATE PUBLICATION p", "SELECT lo_create(0)", "SELECT lo_from_bytea(0, 'x')", "SELECT lo_creat(-1)",
            "SELECT lo_import('/etc/passwd')", "CREATE DATABASE mine", "CREATE TABLESPACE t LOCATION '/tmp'",
        ],
        "other roles": [
            "SET ROLE zentriq_owner", "SET ROLE zentriq_gateway", "SET ROLE zentriq_rolemaker",
            "SET ROLE zentriq_access",
            "SET SESSION AUTHORIZATION zentriq_owner", "CREATE ROLE staff_mine",
            "ALTER ROLE zentriq_gateway PASSWORD 'x'",
            "ALTER ROLE CURRENT_USER VALID UNTIL 'infinity'", "ALTER ROLE CURRENT_USER CONNECTION LIMIT 50",
            "ALTER ROLE CURRENT_USER SUPERUSER", "ALTER ROLE CURRENT_USER BYPASSRLS", "DROP ROLE zentriq_staff",
            "GRANT zentriq_staff TO zentriq_gateway", "GRANT zentriq_owner TO CURRENT_USER",
            "REASSIGN OWNED BY zentriq_owner TO CURRENT_USER",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'zentriq_gateway'",
        ],
        "settings": [
            "SET pgaudit.log = 'none'", "SELECT set_config('pgaudit.log', 'none', false)",
            "RESET pgaudit.log; SET pgaudit.log = ''",
            "ALTER ROLE CURRENT_USER SET pgaudit.log = 'none'", "ALTER ROLE CURRENT_USER RESET pgaudit.log",
            "SET pgaudit.log_parameter = off", "SET log_min_messages = 'panic'", "SET log_statement = 'none'",
            "SET session_replication_role = replica", "ALTER SYSTEM SET log_connections = off",
            "SET row_security = off; SELECT count(*) FROM streams",
            "ALTER DATABASE postgres SET pgaudit.log = 'none'", "SELECT pg_reload_conf()", "SELECT pg_rotate_logfile()",
            "LOAD 'pgaudit'", "SHOW data_directory",
        ],
        "files and programs": [
            "SELECT pg_read_file('PG_VERSION')", "SELECT pg_read_binary_file('PG_VERSION')", "SELECT pg_ls_dir('.')",
            "SELECT pg_ls_logdir()", "SELECT pg_stat_file('PG_VERSION')", "COPY (SELECT 1) TO '/tmp/x'",
            "COPY (SELECT 1) TO PROGRAM 'id'", "COPY heads FROM PROGRAM 'id'", "SELECT * FROM pg_hba_file_rules",
            "SELECT pg_create_logical_replication_slot('s', 'pgoutput')",
            "SELECT pg_create_physical_replication_slot('s')",
            "SELECT pg_switch_wal()", "SELECT pg_backup_start('x')",
        ],
        "other people's work": ["SELECT pg_advisory_lock(1)", "SELECT pg_try_advisory_xact_lock(1, 2)"],
    ]

    private static func scope(_ name: AccessScope.Name, tenant: TenantID) -> AccessScope {
        switch name {
        case .tables: .tables(["events", "streams", "heads"])
        case .tenant: .tenant(tenant)
        case .readOnly: .readOnly
        case .readWrite: .readWrite
        }
    }

    /// With two customers in the log, each with credits, and somebody logged in with a role of that scope.
    private static func with(
        _ name: AccessScope.Name, _ body: @Sendable (StaffBench, PostgresConnection, [Client]) async throws -> Void
    ) async throws {
        try await StaffBench.with { staff, people in
            let clients = [Client(staff.bench), Client(staff.bench)]
            for client in clients {
                try await client.grant(5)
                try await client.capture()
            }
            let id = try await staff.granted(people, scope(name, tenant: clients[0].tenant))
            let connection = try await staff.logIn(try await staff.opened(id, people))
            try await body(staff, connection, clients)
            await connection.close()
        }
    }

    @Test("what is forbidden to all of them", arguments: scopes)
    func table(name: AccessScope.Name) async throws {
        try await Self.with(name) { _, connection, _ in
            // What is merely a default of the session is no protection.
            try await connection.script("SET default_transaction_read_only = off; SET statement_timeout = 0")
            for (area, statements) in Self.forbidden {
                for statement in statements {
                    do {
                        try await connection.script(statement)
                        Issue.record("\(name), \(area): \(statement) is allowed")
                    } catch let error as PostgresError {
                        #expect(error.sqlState == "42501", "\(name), \(area): \(statement): \(error.debugDescription)")
                    }
                    if connection.isInTransaction { await connection.rollback() }
                }
            }
            let log = try await connection.query("SHOW pgaudit.log").only().string(0)
            #expect(log == "all")
        }
    }

    @Test("what they may read and write is what the table of relations says, to the column", arguments: scopes)
    func relations(name: AccessScope.Name) async throws {
        try await Self.with(name) { staff, connection, _ in
            let role = try await connection.query("SELECT session_user::text").only().string(0)
            let owner = try await staff.bench.database.connect(role: .owner)
            let excess = try await owner.query(
                """
                SELECT c.relname || '.' || a.attname || ' ' || p.privilege
                FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES', 'SELECT WITH GRANT OPTION']) AS p (privilege)
                LEFT JOIN zentriq.staff_relations AS r ON r.name = c.relname
                WHERE c.relnamespace = 'zentriq'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'S')
                    AND has_column_privilege($1, c.oid, a.attnum, p.privilege)
                    AND NOT coalesce(CASE
                        WHEN p.privilege = 'SELECT' THEN (r.columns IS NULL OR a.attname = ANY (r.columns)) AND r.name IS NOT NULL
                            AND CASE $2 WHEN 'tables' THEN r.name IN ('events', 'streams', 'heads')
                                        WHEN 'tenant' THEN r.is_tenants ELSE true END
                        WHEN p.privilege IN ('INSERT', 'UPDATE') THEN $2 = 'read-write' AND r.is_writable
                        ELSE false END, false)
                """, [.text(role), .text(name.rawValue)]
            ).map { try $0.string(0) }
            #expect(excess.isEmpty)
            let functions = try await owner.query(
                """
                SELECT p.oid::regprocedure::text FROM pg_proc AS p
                WHERE p.pronamespace IN ('zentriq'::regnamespace, 'zentriq_access'::regnamespace)
                    AND has_function_privilege($1, p.oid, 'EXECUTE')
                """, [.text(role)]
            ).map { try $0.string(0) }
            #expect(functions == ["zentriq.staff_tenant()"])
            await owner.close()
        }
    }

    @Test("each sees the customers it was granted, and no others", arguments: scopes)
    func tenants(name: AccessScope.Name) async throws {
        try await Self.with(name) { _, connection, clients in
            let rows = try await connection.query("SELECT DISTINCT tenant_id FROM events WHERE class = 'billing'")
            let seen = Set(try rows.map { TenantID(try $0.uuid(0)) })
            #expect(seen == Set((name == .tenant ? Array(clients.prefix(1)) : clients).map(\.tenant)))
            // No setting of their own makes them another's.
            try await connection.script("SET zentriq.tenant_id = '\(clients[1].tenant.rawValue)'")
            let others = try await connection.query(
                "SELECT count(*) FROM streams WHERE tenant_id = $1", [.uuid(clients[1].tenant.rawValue)])
            #expect(try others.only().int64(0) == (name == .tenant ? 0 : 3))
        }
    }

    @Test("what is sealed stays so, and what is computed from the log can be mended by who may write")
    func writing() async throws {
        try await Self.with(.readWrite) { _, connection, _ in
            let rows = try await connection.query("SELECT data FROM events WHERE class = 'capture'")
            #expect(rows.count == 2)
            for row in rows { #expect(try row.string(0).isEmpty) }
            try await connection.script(
                "INSERT INTO parked_events (log_id, name, generation, position, reason) SELECT log_id, name, generation, 0, 'x' FROM projections"
            )
            try await connection.script(
                "DELETE FROM credit_statement; DELETE FROM capture_history; DELETE FROM parked_events")
        }
        try await Self.with(.readOnly) { _, connection, _ in
            await #expect(throws: PostgresError.self) { try await connection.script("DELETE FROM credit_statement") }
            try await connection.script("SET default_transaction_read_only = off")
            await #expect(throws: PostgresError.self) { try await connection.script("DELETE FROM credit_statement") }
        }
    }

    @Test("a setting of the log-in does not switch the record off, nor does resetting one's own")
    func options() async throws {
        try await StaffBench.with { staff, people in
            let credentials = try await staff.opened(try await staff.granted(people), people)
            var configuration = try staff.bench.database.configuration(role: .gateway)
            (configuration.user, configuration.password) = (credentials.role, credentials.password.reveal())
            configuration.serverOptions = ["pgaudit.log": "none"]
            do {
                let connection = try await PostgresConnection.connect(configuration)
                #expect(try await connection.query("SHOW pgaudit.log").only().string(0) == "all")
                await connection.close()
            } catch let error as PostgresError {
                #expect(error.sqlState == "42501")
            }
            let connection = try await staff.logIn(credentials)
            try await connection.script("SET default_transaction_read_only = off")
            try await connection.script("ALTER ROLE CURRENT_USER RESET ALL")
            await connection.close()
            let next = try await staff.logIn(credentials)
            #expect(try await next.query("SHOW pgaudit.log").only().string(0) == "all")
            await next.close()
        }
    }
}

import Foundation
import Postgres
import PostgresTesting
import Testing

@testable import EventStore

@Suite("Privileges", .serialized, .timeLimit(.minutes(10)))
struct PrivilegeTests {
    typealias Role = TestDatabase.Role
    static let services: [Role] = [.gateway, .projector, .retention, .auditor, .access, .recorder]

    @Test(
        "a service makes nothing, becomes nobody else and switches no protection off",
        arguments: services,
        [
            "CREATE TABLE zentriq.mine (a integer)", "CREATE TABLE public.mine (a integer)",
            "CREATE TEMPORARY TABLE heads (LIKE zentriq.heads)", "CREATE TABLE pg_temp.streams (a integer)",
            "CREATE FUNCTION zentriq.f() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
            "CREATE FUNCTION public.f() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
            "CREATE FUNCTION pg_temp.f() RETURNS integer LANGUAGE sql AS 'SELECT 1'", "CREATE SCHEMA mine",
            "CREATE OR REPLACE FUNCTION zentriq.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
            "ALTER TABLE zentriq.events DISABLE TRIGGER ALL", "ALTER TABLE zentriq.events DISABLE ROW LEVEL SECURITY",
            "DROP TRIGGER events_append_only ON zentriq.events", "DROP TABLE zentriq.outcomes",
            "ALTER TABLE zentriq.events DETACH PARTITION zentriq.events_usage",
            "SET ROLE zentriq_owner", "SET SESSION AUTHORIZATION zentriq_owner",
            "SET session_replication_role = replica",
            "COPY zentriq.events FROM '/etc/passwd'", "BEGIN; LOCK TABLE zentriq.heads IN ACCESS EXCLUSIVE MODE",
        ])
    func attempts(role: Role, sql: String) async throws {
        let log = try await Self.shared.value
        try await log.use(role) { connection in
            await expectRefused("42501") { try await connection.script(sql) }
        }
    }

    @Test("row-level security cannot be left out by a setting", arguments: ["events", "streams", "outcomes"])
    func rowSecurity(table: String) async throws {
        let log = try await Self.shared.value
        try await log.use(.gateway) { connection in
            await expectRefused("42501") {
                try await connection.script("SET row_security = off; SELECT * FROM zentriq.\(table)")
            }
        }
    }

    @Test("no service may write to a table of the log, nor touch a partition or grant anything", arguments: services)
    func tables(role: Role) async throws {
        let log = try await Self.shared.value
        let excess = try await log.use(.owner) { owner in
            try await owner.query(
                """
                SELECT c.oid::regclass::text || ' ' || privilege
                FROM pg_class c, unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER',
                    'SELECT', 'SELECT WITH GRANT OPTION']) AS privilege
                WHERE c.relnamespace = 'zentriq'::regnamespace AND c.relkind IN ('r', 'p')
                    AND (c.relname IN ('logs', 'heads', 'streams', 'outcomes', 'retention_classes')
                         OR c.relname LIKE 'events%')
                    AND has_table_privilege($1, c.oid, privilege)
                    AND NOT (privilege = 'SELECT' AND c.relname IN ('logs', 'heads', 'streams', 'outcomes', 'events'))
                """, [.text(role.rawValue)]
            ).map { try $0.string(0) }
        }
        #expect(excess.isEmpty)
    }

    @Test(
        "schemas take no new objects from a service or from anybody", arguments: services.map(\.rawValue) + ["public"])
    func schemas(role: String) async throws {
        let log = try await Self.shared.value
        try await log.use(.owner) { owner in
            for schema in ["zentriq", "public"] {
                let mayCreate = try await owner.query(
                    "SELECT has_schema_privilege($1, $2, 'CREATE')", [.text(role), .text(schema)]
                ).only().bool(0)
                #expect(!mayCreate, "\(schema)")
            }
        }
    }

    @Test("every function that runs with the owner's rights has a search path that nobody can get in front of")
    func searchPaths() async throws {
        let log = try await Self.shared.value
        try await log.use(.owner) { owner in
            let rows = try await owner.query(
                """
                SELECT oid::regprocedure::text, prosecdef, coalesce(array_to_string(proconfig, ';'), ''),
                       pg_get_userbyid(proowner),
                       EXISTS (SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) WHERE grantee = 0)
                FROM pg_proc WHERE pronamespace = 'zentriq'::regnamespace
                """)
            #expect(rows.count >= 11)
            for row in rows {
                let name = try row.string(0)
                let settings = try row.string(2)
                if try row.bool(1) {
                    #expect(settings.contains("search_path=zentriq, pg_temp"), "\(name)")
                } else {
                    #expect(settings.contains("search_path=pg_catalog, pg_temp"), "\(name)")
                }
                #expect(try row.string(3) == "zentriq_owner", "\(name)")
                #expect(try row.bool(4) == false, "PUBLIC may execute \(name)")
            }
        }
    }

    @Test(
        "a service may call what it needs of the log, and nothing else",
        arguments: [
            (
                Role.gateway,
                [
                    "add_cosignature", "append", "commitments", "count_erased", "create_log", "due_streams",
                    "ensure_partitions", "fence_head", "forget_leases", "holds_event", "is_erased", "load_outcomes",
                    "load_streams", "lock_head", "position_at", "read_head", "retention_schedule",
                    "stream_heads", "unused_tokens",
                ]
            ), (.projector, ["add_bundles", "add_subtrees", "commitments", "read_head"]),
            (
                .auditor,
                [
                    "commitments", "count_erased", "is_erased", "position_at", "read_head", "retention_schedule",
                ]
            ),
            (
                .retention,
                [
                    "activate_key_epoch", "append", "carried_events", "certify_partition", "count_due",
                    "count_wrapped_keys", "destroy_requested",
                    "destroy_rows", "destroy_subject_key", "drop_certified", "drop_empty_partitions", "due_events",
                    "end_sweep_lease", "ensure_partitions", "load_streams", "lock_head", "people_of",
                    "remaining_requested", "retire_key_epoch", "take_key_lease", "take_sweep_lease",
                ]
            ),
            (
                .access,
                [
                    "admit_staff", "begin_staff_attempt", "list_staff_accesses", "note_access", "seat_staff_member",
                    "staff_roster",
                    "unknown_staff_relations", "unseat_staff_member", "use_staff_code", "use_staff_recovery_code",
                ]
            ),
            (
                .recorder,
                [
                    "advance_recorder", "append", "ensure_partitions", "hold_recorder", "load_streams", "lock_head",
                    "mark_server_log", "recorded_accesses",
                ]
            ),
        ])
    func functions(role: Role, expected: [String]) async throws {
        let log = try await Self.shared.value
        let names = try await log.use(.owner) { owner in
            try await owner.query(
                """
                SELECT proname::text FROM pg_proc
                WHERE pronamespace = 'zentriq'::regnamespace AND has_function_privilege($1, oid, 'EXECUTE')
                ORDER BY proname::text COLLATE "C"
                """, [.text(role.rawValue)]
            ).map { try $0.string(0) }
        }
        #expect(names == expected)
    }

    @Test(
        "whoever witnesses what staff does, or destroys, appends nothing else",
        arguments: [
            (Role.recorder, "alert", RetentionClass.access, true, true),
            (.recorder, "session-1", .access, true, true), (.recorder, "session-1", .access, false, false),
            (.recorder, "session-1", .system, true, false), (.recorder, "staff-roster", .access, true, false),
            (.recorder, "alert-1", .access, true, false), (.recorder, "sweep", .system, true, false),
            // Nothing is destroyed in its transaction.
            (.retention, "sweep", .system, true, false), (.retention, "carry-agent", .billing, true, false),
            (.gateway, "sweep", .system, true, true),
        ])
    func appends(
        role: Role, stream: String, retention: RetentionClass, isSystem: Bool, isAllowed: Bool
    ) async throws {
        let log = try await TestLog.make()
        let pool = PostgresPool(configuration: try log.configuration(role), size: 1)
        let writer = try JoinedWriter<Counter>(
            log: log.log, signer: log.signer, pool: pool, clock: .system, signal: log.signal)
        let tenant = isSystem ? TenantID(Eraser.systemTenant) : .random()
        let stream = try #require(StreamID(stream))
        let type = EventType("retention.swept", retention: retention, category: String(stream.category))
        func append() async throws {
            try await writer.run(of: tenant) { transaction in
                _ = try await transaction.append(
                    .custom(of: tenant, streams: [stream]) { draft in
                        draft.append(NewEvent(type, data: Array("{}".utf8)), to: stream)
                        return []
                    })
            }
        }
        if isAllowed { try await append() } else { await expectRefused("42501") { try await append() } }
        await pool.close()
        #expect(try await log.events().count == (isAllowed ? 1 : 0))
    }

    @Test("the recorder sees and adds the one key of the log that it seals under")
    func recordersKey() async throws {
        let log = try await TestLog.make()
        let columns = "INSERT INTO zentriq.sealing_keys (log_id, purpose, kek_version, wrapped)"
        let values = "VALUES (\(log.log.rawValue), '%', 1, decode(repeat('ab', 61), 'hex'))"
        try await log.use(.gateway) { gateway in
            try await gateway.script("\(columns) \(values.replacing("%", with: "subject-lookup"))")
        }
        try await log.use(.recorder) { recorder in
            let seen = Statement("SELECT purpose FROM zentriq.sealing_keys WHERE log_id = \(log.log.rawValue)")
            #expect(try await recorder.query(seen).isEmpty)
            try await recorder.script("\(columns) \(values.replacing("%", with: "staff-record"))")
            #expect(try await recorder.query(seen).map { try $0.string(0) } == ["staff-record"])
        }
        let other = try await TestLog.make()
        try await other.use(.recorder) { recorder in
            await expectRefused("42501") {
                try await recorder.script(
                    """
                    \(columns) VALUES (\(other.log.rawValue), 'subject-lookup', 1, decode(repeat('ab', 61), 'hex'))
                    """)
            }
        }
    }

    @Test("what makes roles belongs to a role that nobody can be, and is called by who grants access alone")
    func rolemaker() async throws {
        let log = try await Self.shared.value
        try await log.use(.owner) { owner in
            let role = try await owner.query(
                """
                SELECT rolcanlogin OR rolsuper OR rolbypassrls OR rolreplication OR rolcreatedb, rolcreaterole,
                       EXISTS (SELECT FROM pg_auth_members WHERE roleid = r.oid),
                       (SELECT array_agg(roleid::regrole::text) FROM pg_auth_members WHERE member = r.oid)
                FROM pg_roles AS r WHERE rolname = 'zentriq_rolemaker'
                """
            ).only()
            #expect(try [role.bool(0), role.bool(1), role.bool(2)] == [false, true, false])
            #expect(try role.textArray(3) == ["pg_signal_backend"])
            let others = try await owner.query(
                "SELECT rolname::text FROM pg_roles WHERE rolcreaterole AND NOT rolsuper"
            ).map { try $0.string(0) }
            #expect(others == ["zentriq_rolemaker"])
            let functions = try await owner.query(
                """
                SELECT p.proname::text, p.prosecdef AND p.proconfig[1] = 'search_path=pg_catalog, pg_temp'
                           AND pg_get_userbyid(p.proowner) = 'zentriq_rolemaker',
                       (SELECT array_agg(grantee::regrole::text ORDER BY 1) FROM aclexplode(p.proacl)
                        WHERE grantee <> p.proowner)
                FROM pg_proc AS p WHERE p.pronamespace = 'zentriq_access'::regnamespace ORDER BY 1
                """)
            #expect(
                try functions.map { try $0.string(0) } == [
                    "close_role", "drop_role", "is_role_gone", "open_role", "require_staff", "revoke_role",
                    "role_prefix", "roles", "terminate_role",
                ])
            for function in functions {
                let name = try function.string(0)
                #expect(try function.bool(1), "\(name)")
                #expect(try function.textArray(2) == ["zentriq_access"], "\(name)")
            }
            let inner = try await owner.query(
                """
                SELECT proname::text FROM pg_proc WHERE pronamespace = 'zentriq'::regnamespace
                    AND has_function_privilege('zentriq_rolemaker', oid, 'EXECUTE') ORDER BY proname::text COLLATE "C"
                """
            ).map { try $0.string(0) }
            #expect(inner == ["access_to_open", "explains_staff_role", "give_staff_rights", "take_staff_rights"])
        }
    }

    @Test(
        "who grants access touches no role but those of staff",
        arguments: ["close_role", "terminate_role", "revoke_role", "drop_role"],
        ["zentriq_gateway", "postgres", "zentriq_staff", "zentriq_rolemaker", "Staff_0", ""])
    func otherRoles(function: String, role: String) async throws {
        let log = try await Self.shared.value
        try await log.use(.access) { connection in
            await expectRefused("42501") {
                try await connection.query(Statement("SELECT zentriq_access.\(function)($1)"), [.text(role)])
            }
        }
    }

    @Test("a search path of the caller's own changes nothing about what is written where")
    func callersSearchPath() async throws {
        let log = try await TestLog.make()
        let sequencer = try log.sequencer(serverOptions: ["search_path": "pg_temp,public,pg_catalog"])
        try await log.running([sequencer]) { _ = try await sequencer.submit(.add(of: .random(), key: "k")) }
        #expect(try await log.expectSound().count == 1)
    }

    @Test("a log cannot be registered again under another origin")
    func otherOrigin() async throws {
        let log = try await TestLog.make()
        try await log.use(.gateway) { connection in
            for (number, origin) in [(log.log.rawValue, "elsewhere"), (log.log.rawValue + 100_000, log.origin)] {
                await expectRefused("22023") {
                    try await connection.query(
                        "SELECT zentriq.create_log($1, $2, '', '')", [.int4(number), .text(origin)])
                }
            }
        }
        try await log.withReader(.gateway) { try await $0.createLog(signer: log.signer) }
        #expect(try await log.expectSound().isEmpty)
    }

    private static let shared = Task { try await TestLog.make() }
}

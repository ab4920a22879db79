import Billing
import BillingTesting
import CanonicalJSON
import EventStore
import Foundation
import Postgres
import PostgresTesting
import Testing

@testable import AuditLog

/// The known ways round pgAudit, each tried with a role of each scope: it is denied, or it is on record, and what is denied is
/// on record as well. The table in docs/STAFF_ACCESS.md says the same.
@Suite("A way round the record", .serialized, .timeLimit(.minutes(10)))
struct BypassTests {
    struct Way: Sendable {
        enum Manner: Sendable {
            /// One message, of one or more statements.
            case simple
            /// Parse, bind, execute.
            case extended
            case copyOut
        }

        let text: String
        var manner = Manner.simple
        /// Nil: it works, and is recorded.
        var denied: String?
    }

    static let ways: [String: [Way]] = [
        "SET pgaudit.log": [
            Way(text: "SET pgaudit.log = 'none'", denied: "42501"), Way(text: "RESET pgaudit.log", denied: "42501"),
            Way(text: "SELECT set_config('pgaudit.log', 'none', false)", denied: "42501"),
            Way(text: "SET pgaudit.log_parameter = off", denied: "42501"),
            Way(text: "SET pgaudit.role = 'x'", denied: "42501"),
        ],
        "SET of the server's logging": [
            Way(text: "SET log_min_messages = 'panic'", denied: "42501"),
            Way(text: "SET log_statement = 'none'", denied: "42501"),
            Way(text: "SET log_min_error_statement = 'panic'", denied: "42501"),
            Way(text: "SET client_min_messages = 'error'"),
        ],
        "preloaded libraries": [
            Way(text: "SET session_preload_libraries = ''", denied: "42501"),
            Way(text: "LOAD 'pgaudit'", denied: "42501"),
        ],
        "SECURITY DEFINER functions": [
            Way(
                text: "CREATE FUNCTION pg_temp.f() RETURNS integer LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
                denied: "42501"), Way(text: "SELECT zentriq.staff_tenant()"),
        ],
        "COPY (query) TO STDOUT": [Way(text: "COPY (SELECT version FROM zentriq.streams) TO STDOUT", manner: .copyOut)],
        "a cursor": [Way(text: "BEGIN; DECLARE c CURSOR FOR SELECT version FROM zentriq.streams; FETCH c; COMMIT")],
        "a DO block": [
            Way(text: "DO $$ BEGIN PERFORM version FROM zentriq.streams; END $$"),
            Way(
                text:
                    "DO $$ BEGIN EXECUTE 'SELECT ver' || 'sion FROM zentriq.streams'; EXCEPTION WHEN OTHERS THEN END $$"
            ),
        ],
        "prepared statements": [
            Way(text: "PREPARE p AS SELECT version FROM zentriq.streams; EXECUTE p; DEALLOCATE p"),
            Way(text: "SELECT version FROM zentriq.streams WHERE version >= $1", manner: .extended),
        ],
        "a query within a function": [
            Way(text: "SELECT query_to_xml('SELECT version FROM zentriq.streams', true, true, '')")
        ],
        "large objects": [
            Way(text: "SELECT lo_create(0)", denied: "42501"),
            Way(text: "SELECT lo_from_bytea(0, 'x')", denied: "42501"),
            Way(text: "SELECT lo_get(1)", denied: "42704"), Way(text: "SELECT lo_export(1, '/tmp/x')", denied: "42501"),
        ],
        "logical decoding": [
            Way(text: "SELECT pg_create_logical_replication_slot('s', 'test_decoding')", denied: "42501"),
            Way(text: "CREATE PUBLICATION p", denied: "42501"),
        ],
        "SET ROLE and SESSION AUTHORIZATION": [
            Way(text: "SET ROLE zentriq_owner", denied: "42501"), Way(text: "SET ROLE zentriq_staff; RESET ROLE"),
            Way(text: "SET SESSION AUTHORIZATION zentriq_owner", denied: "42501"),
        ],
        "ALTER ROLE": [
            Way(text: "ALTER ROLE CURRENT_USER SET pgaudit.log = 'none'", denied: "42501"),
            Way(text: "ALTER ROLE CURRENT_USER RESET pgaudit.log", denied: "42501"),
            Way(text: "ALTER ROLE CURRENT_USER VALID UNTIL 'infinity'", denied: "42501"),
            Way(text: "ALTER ROLE CURRENT_USER RESET ALL"), Way(text: "ALTER ROLE CURRENT_USER PASSWORD 'another'"),
        ],
        "files and programs": [
            Way(text: "SELECT pg_read_file('PG_VERSION')", denied: "42501"),
            Way(text: "COPY (SELECT 1) TO PROGRAM 'cat'", denied: "42501"),
            Way(text: "COPY (SELECT 1) TO '/tmp/x'", denied: "42501"),
            Way(text: "SELECT pg_ls_logdir()", denied: "42501"),
        ],
        "temporary objects": [Way(text: "CREATE TEMPORARY TABLE t (a integer)", denied: "42501")],
        "the server's own functions": [
            Way(text: "SELECT pg_reload_conf()", denied: "42501"),
            Way(text: "SELECT pg_rotate_logfile()", denied: "42501"),
            Way(text: "ALTER SYSTEM SET pgaudit.log = 'none'", denied: "42501"),
            Way(
                text: "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'zentriq_recorder'",
                denied: "42501"),
        ],
        "LISTEN and NOTIFY": [
            Way(text: "LISTEN x; NOTIFY x, 'hello'; UNLISTEN x"), Way(text: "SELECT pg_notify('x', 'hello')"),
        ],
        "a forged line": [
            Way(text: "DO $$ BEGIN RAISE LOG 'AUDIT: SESSION,1,1,READ,SELECT,,,SELECT 1,<none>'; END $$")
        ],
        "a statement that fails": [
            Way(text: "SELEC", denied: "42601"), Way(text: "SELECT 1 / 0", denied: "22012"),
            Way(text: "SELECT wrapped FROM zentriq.subject_keys", denied: "42501"),
        ],
    ]

    @Test("is denied or recorded, and leaves no gap", arguments: AccessScope.Name.allCases)
    func ways(name: AccessScope.Name) async throws {
        try await Self.recorded(name) { bench, recorder, logIn, _ in
            let connection = try await logIn()
            let session = try await connection.sessionName()
            var tried: [(kind: String, way: Way, mark: String)] = []
            let all =
                [("read-only", Way(text: "SET default_transaction_read_only = off"))]
                + Self.ways.sorted { $0.key < $1.key }.flatMap { kind, ways in ways.map { (kind, $0) } }
            for (kind, way) in all {
                let mark = "/* way \(tried.count) */"
                tried.append((kind, way, mark))
                let state = await Self.attempt("\(mark) \(way.text)", way.manner, on: connection)
                #expect(state == way.denied, "\(kind): \(way.text)")
                if connection.isInTransaction { try await connection.script("ROLLBACK") }
            }
            await connection.close()
            try await recorder.drain(until: { try await bench.isClosed(session) })
            let moments = try await bench.replay(session)
            for (kind, way, mark) in tried {
                let found = moments.compactMap { moment -> String? in
                    guard case .statement(let one) = moment.event,
                        moment.text["text"]?.stringValue?.hasPrefix(mark) == true
                    else { return nil }
                    return one.kind == .audit ? "audit" : one.sqlState ?? one.kind.rawValue
                }
                #expect(found.contains(way.denied ?? "audit"), "\(kind): \(way.text): \(found)")
            }
            // What is run within something else is told by itself.
            let inner = moments.count { $0.text["text"]?.stringValue == "SELECT version FROM zentriq.streams" }
            #expect(inner >= 2)
            #expect(try await bench.alerts().filter { $0.session == session }.isEmpty)
        }
    }

    @Test("by options of the connection is denied, and on record")
    func options() async throws {
        try await Self.recorded(.readOnly) { bench, recorder, _, configuration in
            var configuration = configuration
            configuration.serverOptions["pgaudit.log"] = "none"
            do {
                _ = try await PostgresConnection.connect(configuration)
                Issue.record("it got in")
            } catch let error as PostgresError { #expect(error.sqlState == "42501") }
            try await recorder.drain(until: {
                try await bench.witnessed().contains { event in
                    if case .statement(let one) = event { one.sqlState == "42501" } else { false }
                }
            })
        }
    }

    @Test("by functions that are called beside SQL is on record")
    func fastPath() async throws {
        try await Self.recorded(.readOnly) { bench, recorder, _, configuration in
            try await Self.psql(configuration, "\\lo_export 1 /dev/null")
            try await recorder.drain(until: {
                try await bench.witnessed().contains { event in
                    if case .statement(let one) = event { one.kind == .call } else { false }
                }
            })
        }
    }

    @Test("by another database of the server is on record, and so is what comes after RESET ALL")
    func elsewhere() async throws {
        try await Self.recorded(.readOnly) { bench, recorder, logIn, configuration in
            let first = try await logIn()
            try await first.script("SET default_transaction_read_only = off")
            try await first.script("ALTER ROLE CURRENT_USER RESET ALL")
            await first.close()
            var configuration = configuration
            configuration.database = "postgres"
            let connection = try await PostgresConnection.connect(configuration)
            let session = try await connection.sessionName()
            try await connection.script("SELECT 'elsewhere'")
            await connection.close()
            try await recorder.drain(until: { try await bench.isClosed(session) })
            let moments = try await bench.replay(session)
            #expect(moments.contains { $0.text["text"]?.stringValue == "SELECT 'elsewhere'" })
            #expect(moments.first?.text["database"]?.stringValue == "postgres")
        }
    }

    // MARK: How it is tried

    /// - Returns: nil if it worked.
    private static func attempt(_ text: String, _ manner: Way.Manner, on connection: PostgresConnection) async
        -> String?
    {
        do {
            switch manner {
            case .simple: try await connection.script(text)
            case .extended: _ = try await connection.query(Statement(text), [.int8(0)])
            case .copyOut: _ = try await connection.copyOut(text) { _ in }
            }
            return nil
        } catch let error as PostgresError {
            return error.sqlState ?? "\(error)"
        } catch { return "\(error)" }
    }

    private static func psql(_ configuration: PostgresConfiguration, _ command: String) async throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/lib/postgresql/15/bin/psql")
        process.arguments = [
            "-X", "-h", configuration.host, "-p", "\(configuration.port)", "-U", configuration.user, "-d",
            configuration.database, "-c", command,
        ]
        process.environment = ["PGPASSWORD": configuration.password ?? ""]
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        await withCheckedContinuation { continuation in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch { continuation.resume() }
        }
    }

    /// With a recorder at work and an access of that scope.
    private static func recorded(
        _ name: AccessScope.Name,
        _ body:
            @Sendable (
                Bench, Recorder, @Sendable () async throws -> PostgresConnection, PostgresConfiguration
            ) async throws -> Void
    ) async throws {
        try await StaffBench.with(isRecorded: false) { staff, people in
            let bench = staff.bench
            try await bench.withRecorderPool { pool in
                let recorder = try bench.recorder(try await bench.serverLogDirectory(), pool: pool)
                try await recorder.drain(until: { try await staff.database.admit() })
                let scope: AccessScope =
                    switch name {
                    case .tables: .tables(["heads", "streams"])
                    case .tenant: .tenant(TenantID(UUID()))
                    case .readOnly: .readOnly
                    case .readWrite: .readWrite
                    }
                let credentials = try await staff.opened(try await staff.granted(people, scope), people)
                var configuration = try bench.database.configuration(role: .gateway)
                (configuration.user, configuration.password) = (credentials.role, credentials.password.reveal())
                try await body(bench, recorder, { try await staff.logIn(credentials) }, configuration)
            }
        }
    }
}

import Foundation
import Postgres
import PostgresTesting
import Testing

@testable import EventStore

@Suite("Row-level security", .serialized, .timeLimit(.minutes(10)))
struct RowLevelSecurityTests {
    private static let setTenant: Statement = "SELECT set_config('zentriq.tenant_id', $1, true)"

    /// A log with two tenants' events, and a body for the gateway's connection.
    private static func with(_ body: (PostgresConnection, TestLog, [TenantID]) async throws -> Void) async throws {
        let log = try await TestLog.make()
        let tenants = [TenantID.random(), .random()]
        try await log.withSequencer { sequencer in
            for tenant in tenants { _ = try await sequencer.submit(.add(of: tenant, key: "k")) }
        }
        try await log.use(.gateway) { try await body($0, log, tenants) }
    }

    private static func tenants(in table: String, of log: TestLog, on connection: PostgresConnection) async throws
        -> [UUID]
    {
        try await connection.query(
            Statement("SELECT tenant_id FROM zentriq.\(table) WHERE log_id = $1"), [.int4(log.log.rawValue)]
        ).map { try $0.uuid(0) }
    }

    @Test(
        "the gateway sees one tenant's rows in the transaction that names it, and none before and after",
        arguments: ["events", "streams", "outcomes"])
    func oneTenant(table: String) async throws {
        try await Self.with { connection, log, tenants in
            #expect(try await Self.tenants(in: table, of: log, on: connection).isEmpty)
            for tenant in tenants {
                try await connection.begin()
                try await connection.query(Self.setTenant, [.text(tenant.rawValue.lowercaseText)])
                #expect(try await Self.tenants(in: table, of: log, on: connection) == [tenant.rawValue])
                try await connection.commit()
                #expect(try await Self.tenants(in: table, of: log, on: connection).isEmpty)
            }
            try await connection.begin()
            try await connection.query(Self.setTenant, [.text(UUID().lowercaseText)])
            #expect(try await Self.tenants(in: table, of: log, on: connection).isEmpty)
            await connection.rollback()
        }
    }

    @Test("the setting does not outlive a pipeline either, and one that is no tenant shows nothing")
    func pipeline() async throws {
        try await Self.with { connection, log, tenants in
            let count = Statement("SELECT count(*) FROM zentriq.events WHERE log_id = $1")
            let log = Parameter.int4(log.log.rawValue)
            let results = try await connection.pipeline([
                (Self.setTenant, [.text(tenants[0].rawValue.lowercaseText)]), (count, [log]),
            ])
            #expect(try results[1].only().int64(0) == 1)
            #expect(try await connection.query(count, [log]).only().int64(0) == 0)
            let empty = try await connection.pipeline([(Self.setTenant, [.text("")]), (count, [log])])
            #expect(try empty[1].only().int64(0) == 0)
            await expectRefused("22P02") {
                try await connection.pipeline([(Self.setTenant, [.text("everybody")]), (count, [log])])
            }
        }
    }

    @Test(
        "projector and auditor see all tenants, retention sees no table",
        arguments: [TestDatabase.Role.projector, .auditor, .retention])
    func otherRoles(role: TestDatabase.Role) async throws {
        try await Self.with { _, log, tenants in
            try await log.use(role) { connection in
                for table in ["events", "streams", "outcomes"] {
                    if role == .retention {
                        await expectRefused("42501") { _ = try await Self.tenants(in: table, of: log, on: connection) }
                    } else {
                        let seen = try await Self.tenants(in: table, of: log, on: connection)
                        #expect(Set(seen) == Set(tenants.map(\.rawValue)))
                    }
                }
            }
        }
    }

    @Test("the view of balances has its reader's rights, not its owner's")
    func balances() async throws {
        let log = try await TestLog.make()
        let options = try await log.use(.owner) { owner in
            try await owner.query(
                "SELECT array_to_string(reloptions, ',') FROM pg_class WHERE oid = 'zentriq.balances'::regclass"
            ).only().string(0)
        }
        #expect(options == "security_invoker=true")
    }

    @Test("every table with a tenant has row-level security, forced, also for the owner")
    func everyTable() async throws {
        let log = try await TestLog.make()
        try await log.use(.owner) { owner in
            let unprotected = try await owner.query(
                """
                SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
                WHERE c.relnamespace = 'zentriq'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                    AND a.attname = 'tenant_id' AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
                """
            ).map { try $0.string(0) }
            #expect(unprotected.isEmpty)
        }
    }
}

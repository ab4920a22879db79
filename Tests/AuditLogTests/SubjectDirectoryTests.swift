import AuditLog
import EventStore
import Foundation
import Logging
import Postgres
import PostgresTesting
import Testing

@Suite("Subject directory", .serialized, .timeLimit(.minutes(10)))
struct SubjectDirectoryTests {
    /// Runs the body with a directory in a database that these tests share: tenants are random.
    private static func with(_ body: (SubjectDirectory, TestDatabase) async throws -> Void) async throws {
        let database = try await SharedDatabase.shared.database()
        let pool = PostgresPool(
            configuration: try database.configuration(role: .gateway), size: 8,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let result: Result<Void, any Error>
        do { result = .success(try await body(SubjectDirectory(pool: pool), database)) } catch {
            result = .failure(error)
        }
        await pool.close()
        try result.get()
    }

    @Test("a person has one handle in a tenant, which is not the person's own identifier")
    func sameHandle() async throws {
        try await Self.with { directory, _ in
            let (person, tenant) = (UUID(), TenantID(UUID()))
            let handle = try await directory.handle(of: person, in: tenant)
            #expect(handle.rawValue != person)
            #expect(handle.rawValue != tenant.rawValue)
            #expect(try await directory.handle(of: person, in: tenant) == handle)
        }
    }

    @Test("another person and another tenant get another handle, so handles tell nothing across tenants")
    func otherHandles() async throws {
        try await Self.with { directory, _ in
            let (person, tenant) = (UUID(), TenantID(UUID()))
            let handles = [
                try await directory.handle(of: person, in: tenant),
                try await directory.handle(of: UUID(), in: tenant),
                try await directory.handle(of: person, in: TenantID(UUID())),
            ]
            #expect(Set(handles).count == 3)
        }
    }

    @Test("fifty who ask for the first time at once get the same handle, and one row")
    func parallelFirstCalls() async throws {
        try await Self.with { directory, database in
            let (person, tenant) = (UUID(), TenantID(UUID()))
            let handles = try await withThrowingTaskGroup(of: ActorHandle.self) { group in
                for _ in 0..<50 { group.addTask { try await directory.handle(of: person, in: tenant) } }
                return try await group.reduce(into: Set<ActorHandle>()) { $0.insert($1) }
            }
            #expect(handles.count == 1)
            let owner = try await database.connect(role: .owner)
            let rows = try await owner.query(
                "SELECT count(*) FROM zentriq.subjects WHERE tenant_id = $1", [.uuid(tenant.rawValue)]
            ).only().int64(0)
            await owner.close()
            #expect(rows == 1)
        }
    }

    @Test("the gateway sees a tenant's people only with that tenant set, and cannot add to another")
    func rowLevelSecurity() async throws {
        try await Self.with { directory, database in
            let (mine, other) = (TenantID(UUID()), TenantID(UUID()))
            _ = try await directory.handle(of: UUID(), in: mine)
            _ = try await directory.handle(of: UUID(), in: other)
            let gateway = try await database.connect(role: .gateway)
            func visible() async throws -> [UUID] {
                try await gateway.query("SELECT tenant_id FROM zentriq.subjects").map { try $0.uuid(0) }
            }
            #expect(try await visible().isEmpty)
            try await gateway.begin()
            try await gateway.query(
                "SELECT set_config('zentriq.tenant_id', $1, true)", [.text(mine.rawValue.lowercaseText)])
            #expect(try await visible() == [mine.rawValue])
            await #expect {
                try await gateway.query(
                    "INSERT INTO zentriq.subjects (tenant_id, object_id) VALUES ($1, $2)",
                    [.uuid(other.rawValue), .uuid(UUID())])
            } throws: { ($0 as? PostgresError)?.sqlState == "42501" }
            await gateway.rollback()
            #expect(try await visible().isEmpty)
            await gateway.close()
        }
    }

    @Test(
        "the gateway neither changes nor deletes a handle",
        arguments: ["UPDATE zentriq.subjects SET handle = gen_random_uuid()", "DELETE FROM zentriq.subjects"])
    func immutable(sql: String) async throws {
        try await Self.with { _, database in
            let gateway = try await database.connect(role: .gateway)
            await #expect { try await gateway.script(sql) } throws: {
                ($0 as? PostgresError)?.sqlState == "42501"
            }
            await gateway.close()
        }
    }
}

private actor SharedDatabase {
    static let shared = SharedDatabase()

    private var making: Task<TestDatabase, any Error>?

    func database() async throws -> TestDatabase {
        if let making { return try await making.value }
        let task = Task { try await TestDatabase.make() }
        making = task
        return try await task.value
    }
}

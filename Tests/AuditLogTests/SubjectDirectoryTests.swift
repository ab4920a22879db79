import AuditLog
import BillingTesting
import EventStore
import Foundation
import Logging
import Postgres
import PostgresTesting
import Sealing
import Testing

@Suite("Subject directory", .serialized, .timeLimit(.minutes(10)))
struct SubjectDirectoryTests {
    /// Runs the body with two directories, as two gateways have them, in a database that these tests share: tenants are
    /// random.
    private static func with(
        keys: KeyEncryptionKeys? = nil,
        _ body: (SubjectDirectory, SubjectDirectory, TestDatabase) async throws -> Void
    ) async throws {
        let database = try await SharedDatabase.shared.database()
        let pool = PostgresPool(
            configuration: try database.configuration(role: .gateway), size: 8, patience: .seconds(60),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        func directory() throws -> SubjectDirectory {
            SubjectDirectory(log: Bench.log, origin: Bench.origin, pool: pool, keys: try keys ?? Bench.keys)
        }
        let result: Result<Void, any Error>
        do {
            try await LogReader(log: Bench.log, origin: Bench.origin, pool: pool).createLog(signer: Bench.signer)
            result = .success(try await body(directory(), directory(), database))
        } catch {
            result = .failure(error)
        }
        await pool.close()
        try result.get()
    }

    @Test("a person has one handle and one key in a tenant, which every gateway finds, and which tell nothing of them")
    func sameHandle() async throws {
        try await Self.with { directory, other, _ in
            let (person, tenant) = (UUID(), TenantID(UUID()))
            let key = try await directory.subject(of: person, in: tenant)
            let data = Array("{}".utf8)
            #expect(key.owner == tenant)
            #expect(Set([key.subject, key.id, person, tenant.rawValue]).count == 4)
            for again in [
                try await directory.subject(of: person, in: tenant), try await other.subject(of: person, in: tenant),
            ] {
                #expect(again.handle == key.handle)
                #expect(again.id == key.id)
                let envelope = key.seal(
                    salt: [UInt8](repeating: 1, count: 32), data: data, event: person, nonce: [UInt8](0..<12))
                #expect(try envelope.withUnsafeBytes { try again.open($0, event: person) }.data == data)
            }
            #expect(try await other.person(behind: key.handle, in: tenant)?.object == person)
            #expect(try await other.person(behind: key.handle, in: TenantID(UUID())) == nil)
            #expect(try await other.person(behind: ActorHandle(UUID()), in: tenant) == nil)
        }
    }

    @Test("another person and another tenant get another handle, so handles tell nothing across tenants")
    func otherHandles() async throws {
        try await Self.with { directory, _, _ in
            let (person, tenant) = (UUID(), TenantID(UUID()))
            let keys = [
                try await directory.subject(of: person, in: tenant),
                try await directory.subject(of: UUID(), in: tenant),
                try await directory.subject(of: person, in: TenantID(UUID())),
            ]
            #expect(Set(keys.map(\.handle)).count == 3)
            #expect(Set(keys.map(\.id)).count == 3)
        }
    }

    @Test("fifty who ask two gateways for the first time at once get the same handle and key, and one row of each")
    func parallelFirstCalls() async throws {
        try await Self.with { directory, other, database in
            let (person, tenant) = (UUID(), TenantID(UUID()))
            let keys = try await withThrowingTaskGroup(of: SubjectKey.self) { group in
                for number in 0..<50 {
                    group.addTask { try await (number % 2 == 0 ? directory : other).subject(of: person, in: tenant) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(keys.map(\.handle)).count == 1)
            #expect(Set(keys.map(\.id)).count == 1)
            let owner = try await database.connect(role: .owner)
            for table in ["subjects", "subject_keys"] {
                let rows = try await owner.query(
                    Statement("SELECT count(*) FROM zentriq.\(table) WHERE tenant_id = $1"),
                    [.uuid(tenant.rawValue)])
                #expect(try rows.only().int64(0) == 1, "\(table)")
            }
            await owner.close()
        }
    }

    @Test("the database holds nothing by which a person could be found without the keys")
    func nothingInTheClear() async throws {
        try await Self.with { directory, _, database in
            let (person, tenant) = (UUID(), TenantID(UUID()))
            _ = try await directory.subject(of: person, in: tenant)
            let superuser = try await database.connect(role: .superuser)
            let digits = person.lowercaseText.replacing("-", with: "")
            for table in ["subjects", "subject_keys", "sealing_keys"] {
                let rows = try await superuser.query(
                    Statement(
                        "SELECT count(*) FROM zentriq.\(table) t WHERE replace(t::text, '-', '') LIKE '%' || $1 || '%'"),
                    [.text(digits)])
                #expect(try rows.only().int64(0) == 0, "\(table)")
            }
            await superuser.close()
        }
    }

    @Test("without the key-encryption key that the log's keys were wrapped with, nothing begins")
    func wrongKey() async throws {
        try await Self.with { directory, _, _ in try await directory.prepare() }
        let wrong = KeyEncryptionKeys(KeyEncryptionKey(randomWithVersion: 1))
        let missing = KeyEncryptionKeys(KeyEncryptionKey(randomWithVersion: 2))
        for keys in [wrong, missing] {
            try await Self.with(keys: keys) { directory, _, _ in
                await #expect(throws: WrongKeyEncryptionKey.self) { try await directory.prepare() }
                await #expect(throws: WrongKeyEncryptionKey.self) {
                    try await directory.subject(of: UUID(), in: TenantID(UUID()))
                }
            }
        }
    }

    @Test("a person whose key was destroyed is nobody any more, and a new one afterwards")
    func destroyed() async throws {
        try await Self.with { directory, other, database in
            let (person, tenant) = (UUID(), TenantID(UUID()))
            let key = try await directory.subject(of: person, in: tenant)
            let owner = try await database.connect(role: .owner)
            func destroy() async throws -> Bool {
                try await owner.query(
                    "SELECT zentriq.forget_subject($1, $2, $3)",
                    [.int4(Bench.log.rawValue), .uuid(tenant.rawValue), .uuid(key.subject)]
                ).only().bool(0)
            }
            #expect(try await destroy())
            #expect(try await !destroy())
            await owner.close()
            #expect(try await directory.person(behind: key.handle, in: tenant) == nil)
            let new = try await other.subject(of: person, in: tenant)
            #expect(new.handle != key.handle)
            #expect(new.id != key.id)
            #expect(try await directory.subject(of: person, in: tenant).id == new.id)
        }
    }

    @Test("the gateway sees a tenant's people and keys only with that tenant set, and cannot add to another")
    func rowLevelSecurity() async throws {
        try await Self.with { directory, _, database in
            let (mine, other) = (TenantID(UUID()), TenantID(UUID()))
            _ = try await directory.subject(of: UUID(), in: mine)
            _ = try await directory.subject(of: UUID(), in: other)
            let gateway = try await database.connect(role: .gateway)
            for table in ["subjects", "subject_keys"] {
                func visible() async throws -> [UUID] {
                    try await gateway.query(Statement("SELECT tenant_id FROM zentriq.\(table)")).map { try $0.uuid(0) }
                }
                #expect(try await visible().isEmpty)
                try await gateway.begin()
                try await gateway.query(
                    "SELECT set_config('zentriq.tenant_id', $1, true)", [.text(mine.rawValue.lowercaseText)])
                #expect(try await visible() == [mine.rawValue])
                await #expect {
                    try await gateway.query(
                        """
                        INSERT INTO zentriq.subject_keys (log_id, key_id, tenant_id, subject, kek_version, wrapped)
                        VALUES (1, gen_random_uuid(), $1, gen_random_uuid(), 1, decode(repeat('00', 61), 'hex'))
                        """, [.uuid(other.rawValue)])
                } throws: { ($0 as? PostgresError)?.sqlState == "42501" }
                await gateway.rollback()
                #expect(try await visible().isEmpty)
            }
            await gateway.close()
        }
    }

    @Test(
        "the gateway neither changes nor deletes a handle or a key",
        arguments: ["subjects", "subject_keys", "sealing_keys"],
        ["UPDATE zentriq.% SET log_id = 2", "DELETE FROM zentriq.%"])
    func immutable(table: String, sql: String) async throws {
        try await Self.with { _, _, database in
            let gateway = try await database.connect(role: .gateway)
            await #expect { try await gateway.script(sql.replacing("%", with: table)) } throws: {
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

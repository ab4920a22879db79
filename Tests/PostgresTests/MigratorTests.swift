import Foundation
import Postgres
import PostgresTesting
import Testing

@Suite("Migrator")
struct MigratorTests {
    /// A folder of migrations and a database of its own.
    private func use(
        _ files: [String: String], _ body: (Folder, TestDatabase) async throws -> Void
    ) async throws {
        let folder = try Folder()
        for (name, text) in files { try folder.write(name, text) }
        try await TestDatabase.with(migrated: false) { try await body(folder, $0) }
    }

    private let two = ["0001_first.sql": "CREATE TABLE a (v int8);", "0002_second.sql": "CREATE TABLE b (v int8);"]

    @Test("migrations are applied in order, once, and later ones after them")
    func applies() async throws {
        try await use(two) { folder, database in
            let connection = try await database.connect()
            let migrator = Migrator(directory: folder.path)
            #expect(try await migrator.pending(on: connection).map(\.number) == [1, 2])
            var seen: [String] = []
            let applied = try await migrator.migrate(on: connection) { seen.append($0.fileName) }
            #expect(applied.map(\.number) == [1, 2])
            #expect(seen == ["0001_first.sql", "0002_second.sql"])
            let again = try await migrator.migrate(on: connection)
            #expect(again.isEmpty)
            try folder.write("0003_third.sql", "INSERT INTO a VALUES (3)")
            #expect(try await migrator.pending(on: connection).map(\.name) == ["third"])
            #expect(try await migrator.migrate(on: connection).map(\.number) == [3])
            let status = try await migrator.status(on: connection)
            #expect(status.applied.map(\.name) == ["first", "second", "third"])
            #expect(status.pending.isEmpty)
            #expect(try await connection.query("SELECT v FROM a").only().int64(0) == 3)
            let checksum = try await connection.query(
                "SELECT checksum FROM schema_migrations WHERE number = 3 AND applied_at <= now()"
            ).only().string(0)
            #expect(checksum.count == 64)
            let timeout = try await connection.query("SHOW statement_timeout").only().string(0)
            #expect(timeout == "30s")
            await connection.close()
        }
    }

    @Test("a file that changed after it was applied is refused")
    func changed() async throws {
        try await expectRefused(.changed) { try $0.write("0001_first.sql", "CREATE TABLE a (v int4);") }
    }

    @Test("an applied file that is gone is refused")
    func missing() async throws {
        try await expectRefused(.missing) { try $0.remove("0002_second.sql") }
    }

    @Test("an applied file that was renamed is refused")
    func renamed() async throws {
        try await expectRefused(.missing) {
            try $0.remove("0002_second.sql")
            try $0.write("0002_other.sql", "CREATE TABLE b (v int8);")
        }
    }

    @Test("a gap between numbers is refused")
    func gap() async throws {
        try await expectRefused(.gap) { try $0.write("0004_fourth.sql", "SELECT 1") }
    }

    @Test("two files with one number are refused")
    func twice() async throws {
        try await expectRefused(.gap) { try $0.write("0002_another.sql", "SELECT 1") }
    }

    @Test("a file with an odd name is refused", arguments: ["3_x.sql", "0003.sql", "0003_X.sql", "abcd_x.sql"])
    func misnamed(name: String) async throws {
        try await expectRefused(.misnamed) { try $0.write(name, "SELECT 1") }
    }

    @Test("other files in the folder do not matter")
    func others() async throws {
        try await use(two.merging(["README.md": "words"]) { $1 }) { folder, database in
            let connection = try await database.connect()
            #expect(try await Migrator(directory: folder.path).migrate(on: connection).count == 2)
            await connection.close()
        }
    }

    @Test("a migration that fails leaves nothing of itself, and those before it remain")
    func failing() async throws {
        let files = two.merging(["0003_bad.sql": "CREATE TABLE c (v int8); SELECT 1 / 0;"]) { $1 }
        try await use(files) { folder, database in
            let connection = try await database.connect()
            let migrator = Migrator(directory: folder.path)
            let error = await #expect(throws: MigrationError.self) { try await migrator.migrate(on: connection) }
            #expect(error?.reason == .failed)
            #expect(error?.underlying?.sqlState == "22012")
            #expect(error?.description.contains("0003_bad.sql") == true)
            #expect(error?.description.contains("\n") == false)
            #expect(try await connection.query("SELECT FROM pg_tables WHERE tablename = 'c'").isEmpty)
            #expect(try await migrator.status(on: connection).applied.count == 2)
            try folder.write("0003_bad.sql", "CREATE TABLE c (v int8);")
            #expect(try await migrator.migrate(on: connection).map(\.number) == [3])
            await connection.close()
        }
    }

    @Test("a migration that ends its own transaction is refused")
    func commits() async throws {
        try await use(["0001_commit.sql": "CREATE TABLE a (v int8); COMMIT;"]) { folder, database in
            let connection = try await database.connect()
            let error = await #expect(throws: MigrationError.self) {
                try await Migrator(directory: folder.path).migrate(on: connection)
            }
            #expect(error?.reason == .endsTransaction)
            await connection.close()
        }
    }

    @Test("two migrators at once apply everything once")
    func concurrent() async throws {
        let files = Dictionary(
            uniqueKeysWithValues: (1...9).map {
                ("000\($0)_n.sql", "CREATE TABLE t\($0) (v int8); SELECT pg_sleep(0.01)")
            })
        try await use(files) { folder, database in
            let applied = Collected<Int>()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        let connection = try await database.connect()
                        for migration in try await Migrator(directory: folder.path).migrate(on: connection) {
                            applied.append(migration.number)
                        }
                        await connection.close()
                    }
                }
                try await group.waitForAll()
            }
            #expect(applied.values.sorted() == Array(1...9))
        }
    }

    @Test("a folder that is not there is refused")
    func noFolder() async throws {
        try await TestConnection.use { connection in
            let error = await #expect(throws: MigrationError.self) {
                try await Migrator(directory: "/nowhere/at/all").migrate(on: connection)
            }
            #expect(error?.reason == .unreadable)
        }
    }

    private func expectRefused(
        _ reason: MigrationError.Reason, _ change: (Folder) throws -> Void
    ) async throws {
        try await use(two) { folder, database in
            let connection = try await database.connect()
            let migrator = Migrator(directory: folder.path)
            try await migrator.migrate(on: connection)
            try change(folder)
            let error = await #expect(throws: MigrationError.self) { try await migrator.migrate(on: connection) }
            #expect(error?.reason == reason)
            #expect(error?.description.contains("\n") == false)
            let status = await #expect(throws: MigrationError.self) { _ = try await migrator.status(on: connection) }
            #expect(status?.reason == reason)
            try await connection.expectUsable()
            await connection.close()
        }
    }
}

/// A temporary folder that goes away with the test.
private final class Folder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/migrations-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func write(_ name: String, _ text: String) throws {
        try text.write(toFile: path + "/" + name, atomically: true, encoding: .utf8)
    }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: path + "/" + name)
    }
}

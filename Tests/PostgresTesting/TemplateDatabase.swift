import Foundation
import Postgres

/// The migrated database that test databases are copied from: made once for each state of the migrations.
actor TemplateDatabase {
    static let shared = TemplateDatabase()

    private var making: Task<String, any Error>?

    func name(in environment: ClusterEnvironment) async throws -> String {
        if let making { return try await making.value }
        let task = Task { try await Self.make(in: environment) }
        making = task
        return try await task.value
    }

    /// The name holds a digest of the migrations, so a finished one serves the next process too. Processes that need
    /// it at the same time take turns.
    private static func make(in environment: ClusterEnvironment) async throws -> String {
        let directory = schemaDirectory
        let content = try migrations(directory) + accessFunctions()
        var configuration = try environment.configuration(role: .superuser, database: "postgres")
        configuration.statementTimeout = .zero
        // A connection of its own: its session holds the lock, and ends with it.
        let connection = try await PostgresConnection.connect(configuration)
        try await connection.query("SELECT pg_advisory_lock(7310314)", deadline: .seconds(120))
        let digest = try await connection.query("SELECT encode(sha256($1), 'hex')", [.bytea(content)]).only().string(0)
        let name = "template_\(digest.prefix(24))"
        let found = try await connection.query("SELECT FROM pg_database WHERE datname = $1", [.text(name)])
        guard found.isEmpty else { return name }

        // Nobody sees it under its name before it is complete.
        let draft = "draft_" + TestDatabase.randomSuffix()
        try await connection.script("CREATE DATABASE \(draft) OWNER zentriq_owner TEMPLATE template1")
        do {
            let owner = try await PostgresConnection.connect(environment.configuration(role: .owner, database: draft))
            try await Migrator(directory: directory).migrate(on: owner)
            await owner.close()
            let superuser = try await PostgresConnection.connect(
                environment.configuration(role: .superuser, database: draft))
            try await superuser.script(String(decoding: accessFunctions(), as: UTF8.self))
            await superuser.close()
        } catch {
            try await connection.script("DROP DATABASE \(draft) WITH (FORCE)")
            throw error
        }
        try await connection.script("ALTER DATABASE \(draft) RENAME TO \(name)")
        return name
    }

    static var schemaDirectory: String { project.appending(path: "schema").path }

    /// What a superuser has to run in a database.
    private static func accessFunctions() throws -> [UInt8] {
        Array(try Data(contentsOf: project.appending(path: "ops/postgres/access.sql")))
    }

    private static var project: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    }

    private static func migrations(_ directory: String) throws -> [UInt8] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
            throw TestingError("the folder of migrations cannot be read: \(directory)")
        }
        return names.filter { $0.hasSuffix(".sql") }.sorted().reduce(into: []) { bytes, name in
            bytes += Array(name.utf8) + [0]
            bytes += FileManager.default.contents(atPath: directory + "/" + name).map { Array($0) } ?? []
            bytes.append(0)
        }
    }
}

import Postgres
import PostgresTesting
import Testing

/// A connection of the owner to a schema of its own, in a database that all tests of this process share.
///
/// A schema is made in a millisecond, a database in a tenth of a second.
enum TestConnection {
    @discardableResult
    static func use<Value>(_ body: (PostgresConnection) async throws -> Value) async throws -> Value {
        let connection = try await PostgresConnection.connect(configuration())
        let result: Result<Value, any Error>
        do { result = .success(try await body(connection)) } catch { result = .failure(error) }
        await connection.close()
        return try result.get()
    }

    /// Every connection made with one configuration sees the same tables.
    static func configuration(
        role: TestDatabase.Role = .owner, transport: ClusterEnvironment.Transport = .socket
    ) async throws -> PostgresConfiguration {
        let database = try await SharedDatabase.shared.database()
        let schema = "s\(UInt64.random(in: .min ... .max))"
        let owner = try await database.connect()
        try await owner.script("CREATE SCHEMA \(schema)")
        await owner.close()
        var configuration = try database.configuration(role: role, transport: transport)
        configuration.serverOptions["search_path"] = schema
        return configuration
    }
}

private actor SharedDatabase {
    static let shared = SharedDatabase()

    private var making: Task<TestDatabase, any Error>?

    func database() async throws -> TestDatabase {
        if let making { return try await making.value }
        let task = Task { try await TestDatabase.make(migrated: false) }
        making = task
        return try await task.value
    }
}

extension PostgresConnection {
    /// The conversation with the server is where it should be: a statement gets its own answer.
    func expectUsable(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let number = Int64.random(in: 0 ... .max)
        let row = try await query("SELECT $1::int8", [.int8(number)]).only()
        #expect(try row.int64(0) == number, sourceLocation: sourceLocation)
    }
}

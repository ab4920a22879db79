import EventStore
import Foundation
import Logging
import Postgres
import PostgresTesting
import Synchronization
import Testing
import TransparencyLog

@testable import struct EventStore.LogDatabase

/// A log of its own for one test, in a database that the tests of this process share, or in another.
struct TestLog: Sendable {
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private static let lastNumber = Atomic<Int32>(0)

    let log: LogID
    let origin: String
    let signal = CommitSignal()
    /// Seen by the server: tells this log's writers from all others.
    let applicationName: String
    private let configurations: @Sendable (TestDatabase.Role) throws -> PostgresConfiguration

    /// - Parameter configurations: where the database is; by default the shared one.
    static func make(
        _ configurations: (@Sendable (TestDatabase.Role) throws -> PostgresConfiguration)? = nil
    ) async throws -> TestLog {
        let number = lastNumber.add(1, ordering: .relaxed).newValue
        let configuration: @Sendable (TestDatabase.Role) throws -> PostgresConfiguration
        if let configurations {
            configuration = configurations
        } else {
            let database = try await SharedDatabase.shared.database()
            configuration = { try database.configuration(role: $0) }
        }
        let log = TestLog(
            log: LogID(number), origin: "log.test/\(number)", applicationName: "writer-\(number)",
            configurations: configuration)
        try await log.withReader(.gateway) { try await $0.createLog(signer: log.signer) }
        return log
    }

    var signer: LogSigner {
        get throws { try LogSigner(NoteSigner(name: KeyName(origin), seed: [UInt8](repeating: 7, count: 32))) }
    }

    func configuration(_ role: TestDatabase.Role) throws -> PostgresConfiguration {
        var configuration = try configurations(role)
        configuration.applicationName = applicationName
        return configuration
    }

    func use<Value>(
        _ role: TestDatabase.Role, _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        var configuration = try configuration(role)
        configuration.applicationName = "test"
        let connection = try await PostgresConnection.connect(configuration)
        let result: Result<Value, any Error>
        do { result = .success(try await body(connection)) } catch { result = .failure(error) }
        await connection.close()
        return try result.get()
    }

    func database(_ role: TestDatabase.Role = .gateway) async throws -> LogDatabase {
        LogDatabase(
            log: log, connection: try await PostgresConnection.connect(configuration(role)), deadline: .seconds(10))
    }

    /// A reader that sees all tenants, unless another role is named.
    func withReader<Value>(
        _ role: TestDatabase.Role = .auditor, _ body: (LogReader) async throws -> Value
    ) async throws -> Value {
        let pool = PostgresPool(
            configuration: try configuration(role), size: 2, patience: .seconds(300), logger: Self.quiet)
        let result: Result<Value, any Error>
        do { result = .success(try await body(LogReader(log: log, origin: origin, pool: pool))) } catch {
            result = .failure(error)
        }
        await pool.close()
        return try result.get()
    }

    /// All events, in order.
    func events() async throws -> [RecordedEvent] {
        try await withReader { reader in
            var events: [RecordedEvent] = []
            while true {
                let page = try await reader.all(from: LogPosition(Int64(events.count)))
                if page.isEmpty { return events }
                events += page
            }
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

import Foundation
import Postgres
import PostgresTesting
import Testing

@Suite("Connection threads")
struct ConnectionThreadTests {
    private func threads(named name: String) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count { task in
            (try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8)) == name + "\n"
        }
    }

    @Test("a connection has one thread, which ends with the last reference to it")
    func lifetime() async throws {
        let name = "t\(UInt32.random(in: .min ... .max))"
        var configuration = try await TestConnection.configuration()
        configuration.applicationName = name
        do {
            let connection = try await PostgresConnection.connect(configuration)
            #expect(try threads(named: name) == 1)
            let second = try await PostgresConnection.connect(configuration, thread: connection.thread)
            #expect(try threads(named: name) == 1)
            try await connection.expectUsable()
            try await second.expectUsable()
            await connection.close()
            try await second.expectUsable()
        }
        while try threads(named: name) > 0 { await Task.yield() }
    }

    @Test("a connection nobody refers to any more is closed at the server")
    func abandoned() async throws {
        try await TestConnection.use { observer in
            let pid = try await {
                let connection = try await PostgresConnection.connect(TestConnection.configuration())
                return await connection.backendPID
            }()
            let session: Statement = "SELECT FROM pg_stat_activity WHERE pid = $1"
            while try await !observer.query(session, [.int4(pid)]).isEmpty { await Task.yield() }
        }
    }

    @Test("a database made from the repository's migrations has them all")
    func template() async throws {
        try await TestDatabase.with { database in
            let connection = try await database.connect()
            let applied = try await connection.query("SELECT number FROM schema_migrations ORDER BY number")
            #expect(try applied.map { try Int($0.int32(0)) } == Array(1...max(1, applied.count)))
            await connection.close()
        }
    }
}

import Postgres
import PostgresTesting
import Testing

@Suite("Transactions")
struct TransactionTests {
    struct Refused: Error {}

    @Test("a transaction is committed when its body returns and rolled back when it throws")
    func outcome() async throws {
        try await TestConnection.use { connection in
            try await connection.script("CREATE TABLE t (a int8)")
            let value = try await connection.withTransaction { connection in
                #expect(connection.isInTransaction)
                return try connection.run("INSERT INTO t VALUES (1) RETURNING a").only().int64(0)
            }
            #expect(value == 1)
            await #expect(throws: Refused.self) {
                try await connection.withTransaction { connection in
                    try connection.run("INSERT INTO t VALUES (2)")
                    throw Refused()
                }
            }
            #expect(!connection.isInTransaction)
            #expect(try await connection.query("SELECT a FROM t").count == 1)
        }
    }

    @Test("a body that hides the failure of a statement is told at the end")
    func hidden() async throws {
        try await TestConnection.use { connection in
            try await connection.script("CREATE TABLE t (a int8)")
            let error = await #expect(throws: PostgresError.self) {
                try await connection.withTransaction { connection in
                    try connection.run("INSERT INTO t VALUES (1)")
                    _ = try? connection.run("SELECT 1 / 0")
                }
            }
            #expect(error?.kind == .server(sqlState: "25P02"))
            #expect(!connection.isInTransaction)
            #expect(try await connection.query("SELECT a FROM t").isEmpty)
        }
    }

    @Test("isolation and access are as asked")
    func modes() async throws {
        try await TestConnection.use { connection in
            for isolation in [IsolationLevel.readCommitted, .repeatableRead, .serializable] {
                let shown = try await connection.withTransaction(isolation: isolation) { connection in
                    try connection.run("SHOW transaction_isolation").only().string(0)
                }
                #expect(shown == isolation.rawValue.lowercased())
            }
            try await connection.script("CREATE TABLE t (a int8)")
            let error = await #expect(throws: PostgresError.self) {
                try await connection.withTransaction(readOnly: true) { _ = try $0.run("INSERT INTO t VALUES (1)") }
            }
            #expect(error?.sqlState == "25006")
        }
    }

    @Test("begin, commit and rollback one by one")
    func manual() async throws {
        try await TestConnection.use { connection in
            try await connection.script("CREATE TABLE t (a int8)")
            try await connection.begin()
            let nested = await #expect(throws: PostgresError.self) { try await connection.begin() }
            #expect(nested?.kind == .protocolViolation)
            try await connection.query("INSERT INTO t VALUES (1)")
            await connection.rollback()
            #expect(try await connection.query("SELECT a FROM t").isEmpty)
            try await connection.begin()
            try await connection.query("INSERT INTO t VALUES (1)")
            try await connection.commit()
            #expect(try await connection.query("SELECT a FROM t").count == 1)
        }
    }

    @Test("a constraint checked at the end makes COMMIT fail")
    func deferred() async throws {
        try await TestConnection.use { connection in
            try await connection.script(
                "CREATE TABLE t (a int8 CONSTRAINT one UNIQUE DEFERRABLE INITIALLY DEFERRED)")
            let error = await #expect(throws: PostgresError.self) {
                try await connection.withTransaction { connection in
                    try connection.run("INSERT INTO t VALUES (1), (1)")
                }
            }
            #expect(error?.sqlState == "23505")
            #expect(error?.outcomeUnknown == false)
            #expect(!connection.isInTransaction)
            try await connection.expectUsable()
        }
    }

    @Test("another actor on the connection's thread uses it without leaving the thread")
    func sharedThread() async throws {
        try await TestConnection.use { connection in
            let writer = Writer(connection: connection)
            let sum = try await writer.sum(1...100)
            #expect(sum == 5_050)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask { _ = try await writer.sum(1...10) }
                    group.addTask { try await connection.expectUsable() }
                }
                try await group.waitForAll()
            }
        }
    }

    private actor Writer {
        private let connection: PostgresConnection

        nonisolated var unownedExecutor: UnownedSerialExecutor { connection.thread.unownedExecutor }

        init(connection: PostgresConnection) {
            self.connection = connection
        }

        func sum(_ range: ClosedRange<Int64>) throws -> Int64 {
            try connection.assumeIsolated { connection in
                try connection.run("SELECT sum(v)::int8 FROM unnest($1::int8[]) AS v", [.int8Array(Array(range))])
                    .only().int64(0)
            }
        }
    }
}

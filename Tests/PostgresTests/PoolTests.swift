import Postgres
import PostgresTesting
import Testing

@Suite("Pool")
struct PoolTests {
    private func use<Value>(
        size: Int, patience: Duration = .seconds(30), _ body: (PostgresPool) async throws -> Value
    ) async throws -> Value {
        let pool = PostgresPool(configuration: try await TestConnection.configuration(), size: size, patience: patience)
        let result: Result<Value, any Error>
        do { result = .success(try await body(pool)) } catch { result = .failure(error) }
        await pool.close()
        return try result.get()
    }

    @Test("64 tasks share 4 connections")
    func sharing() async throws {
        try await use(size: 4) { pool in
            let pids = Collected<Int32>()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in Int64(0)..<64 {
                    group.addTask {
                        for round in Int64(0)..<20 {
                            let row = try await pool.query(
                                "SELECT $1::int8 + $2::int8, pg_backend_pid()", [.int8(task), .int8(round)]
                            ).only()
                            #expect(try row.int64(0) == task + round)
                            pids.append(try row.int32(1))
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(pids.values.count == 64 * 20)
            #expect(Set(pids.values).count <= 4)
        }
    }

    @Test("a pipeline and a lease through the pool")
    func conveniences() async throws {
        try await use(size: 1) { pool in
            let results = try await pool.pipeline([("SELECT 1::int8", []), ("SELECT 2::int8", [])])
            #expect(try results.map { try $0.only().int64(0) } == [1, 2])
            let sum = try await pool.withConnection { connection in
                try await connection.withTransaction { try $0.run("SELECT 3::int8").only().int64(0) }
            }
            #expect(sum == 3)
        }
    }

    @Test("a transaction left open is rolled back before the next task gets the connection")
    func leftOpen() async throws {
        try await use(size: 1) { pool in
            struct Forgot: Error {}
            try await pool.withConnection { try await $0.script("CREATE TABLE t (a int8)") }
            await #expect(throws: Forgot.self) {
                try await pool.withConnection { connection in
                    try await connection.begin()
                    try await connection.query("INSERT INTO t VALUES (1)")
                    throw Forgot()
                }
            }
            try await pool.withConnection { connection in
                #expect(!connection.isInTransaction)
                let rows = try await connection.query("SELECT a FROM t")
                #expect(rows.isEmpty)
            }
        }
    }

    @Test("one whose patience ends while all connections are lent is refused, and the next is served")
    func patience() async throws {
        try await use(size: 1) { pool in
            try await pool.withConnection { _ in
                let error = await #expect(throws: PostgresError.self) {
                    try await pool.withConnection(patience: .milliseconds(20)) { _ in }
                }
                #expect(error?.kind == .poolExhausted)
            }
            try await pool.withConnection { try await $0.expectUsable() }
        }
    }

    @Test("one cancelled while waiting leaves its place, and nothing is lost")
    func cancelledWaiter() async throws {
        try await use(size: 1) { pool in
            for _ in 0..<50 {
                let waiter = Task { try await pool.query("SELECT 1") }
                try await pool.withConnection { connection in
                    waiter.cancel()
                    try await connection.expectUsable()
                }
                if case .failure(let error) = await waiter.result {
                    #expect((error as? PostgresError)?.kind == .cancelled)
                }
            }
            try await pool.withConnection { try await $0.expectUsable() }
        }
    }

    @Test("tasks cancelled at any moment never cost the pool a connection")
    func storm() async throws {
        try await use(size: 3) { pool in
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    let task = Task { try await pool.query("SELECT pg_sleep(0.002)") }
                    group.addTask {
                        for _ in 0..<(number % 40) { await Task.yield() }
                        task.cancel()
                        _ = await task.result
                    }
                }
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 {
                    group.addTask { try await pool.withConnection { try await $0.expectUsable() } }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("connections ended by the server while idle are replaced without an error")
    func idleDeath() async throws {
        try await use(size: 2) { pool in
            for _ in 0..<3 {
                let pid = try await pool.query("SELECT pg_backend_pid()").only().int32(0)
                try await TestConnection.use { other in
                    try await other.query("SELECT pg_terminate_backend($1, 30000)", [.int4(pid)])
                }
                let next = try await pool.query("SELECT pg_backend_pid()").only().int32(0)
                #expect(next != pid)
            }
        }
    }

    @Test("a pool that cannot connect says why when the patience ends")
    func unreachable() async throws {
        let nowhere = PostgresConfiguration(host: "127.0.0.1", port: 1, database: "d", user: "u", sslMode: .disable)
        let pool = PostgresPool(configuration: nowhere, size: 2, patience: .milliseconds(200))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    let error = await #expect(throws: PostgresError.self) { _ = try await pool.query("SELECT 1") }
                    #expect(error.map { [.connectFailed, .poolExhausted].contains($0.kind) } == true)
                }
            }
        }
        await pool.close()
    }

    @Test("a wrong password is not tried again")
    func wrongPassword() async throws {
        var configuration = try await TestConnection.configuration()
        configuration.password = "wrong"
        let pool = PostgresPool(configuration: configuration, size: 1, patience: .seconds(600))
        let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
        #expect(error?.sqlState == "28P01")
        await pool.close()
    }

    @Test("closing waits for what is lent, ends the waits, and refuses what comes later")
    func closing() async throws {
        let pool = PostgresPool(configuration: try await TestConnection.configuration(), size: 1)
        let (entered, enter) = AsyncStream.makeStream(of: Void.self)
        let (leaving, leave) = AsyncStream.makeStream(of: Void.self)
        let holder = Task {
            try await pool.withConnection { connection in
                enter.finish()
                for await _ in leaving {}
                try await connection.expectUsable()
                return connection
            }
        }
        for await _ in entered {}
        let closing = Task { await pool.close() }
        // The close has begun when a new task is refused.
        while true {
            do { _ = try await pool.withConnection(patience: .milliseconds(1)) { _ in } } catch let error
                as PostgresError
            {
                if error.kind == .closed { break }
            }
        }
        leave.finish()
        let connection = try await holder.value
        await closing.value
        #expect(!connection.isAlive)
        await pool.close()
    }
}

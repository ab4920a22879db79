import Postgres
import PostgresTesting
import Testing

@Suite("Loss of the server")
struct ServerLossTests {
    private static let sleep: Statement = "SELECT pg_sleep(60)"

    @Test("a backend terminated in the middle of a statement leaves the outcome open")
    func terminated() async throws {
        let connection = try await PostgresConnection.connect(TestConnection.configuration())
        let pid = await connection.backendPID
        let task = Task { _ = try await connection.query(Self.sleep) }
        try await TestConnection.use { other in
            try await other.waitUntilSleeping(pid)
            try await other.query("SELECT pg_terminate_backend($1)", [.int4(pid)])
        }
        let error = await #expect(throws: PostgresError.self) { try await task.value }
        #expect(error?.kind == .connectionLost)
        #expect(error?.sqlState == "57P01")
        #expect(error?.outcomeUnknown == true)
        #expect(!connection.isAlive)
    }

    @Test("a backend terminated inside a transaction has not committed, and that is known")
    func terminatedInTransaction() async throws {
        let connection = try await PostgresConnection.connect(TestConnection.configuration())
        let pid = await connection.backendPID
        let task = Task { try await connection.withTransaction { _ = try $0.run(Self.sleep) } }
        try await TestConnection.use { other in
            try await other.waitUntilSleeping(pid)
            try await other.query("SELECT pg_terminate_backend($1)", [.int4(pid)])
        }
        let error = await #expect(throws: PostgresError.self) { try await task.value }
        #expect(error?.kind == .connectionLost)
        #expect(error?.outcomeUnknown == false)
    }

    @Test("a backend terminated while idle is noticed before anything is sent")
    func terminatedIdle() async throws {
        let connection = try await PostgresConnection.connect(TestConnection.configuration())
        let pid = await connection.backendPID
        try await TestConnection.use { other in
            try await other.query("SELECT pg_terminate_backend($1, 30000)", [.int4(pid)])
        }
        let error = await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1") }
        #expect(error?.kind == .connectionLost)
        #expect(error?.outcomeUnknown == false)
        #expect(!connection.isAlive)
    }

    @Test("a backend terminated in the middle of COPY")
    func terminatedCopy() async throws {
        let connection = try await PostgresConnection.connect(TestConnection.configuration())
        try await connection.script("CREATE TABLE t (a text)")
        let pid = await connection.backendPID
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            try await connection.copyIn("COPY t FROM STDIN") {
                start.yield()
                return Array("row\n".utf8)
            }
        }
        for await _ in started { break }
        try await TestConnection.use { other in
            try await other.query("SELECT pg_terminate_backend($1)", [.int4(pid)])
        }
        let error = await #expect(throws: PostgresError.self) { _ = try await task.value }
        #expect(error?.kind == .connectionLost)
    }

    @Test("a server killed in the middle of a statement and of a pipeline; the pool comes back after the restart")
    func killed() async throws {
        try await PrivateCluster.with { cluster in
            let configuration = try cluster.configuration(role: .owner)
            let pool = PostgresPool(configuration: configuration, size: 4, patience: .seconds(60))
            try await pool.withConnection { try await $0.script("CREATE TABLE t (a int8)") }
            for pipelined in [false, true] {
                let (pids, pid) = AsyncStream.makeStream(of: Int32.self)
                let task = Task {
                    try await pool.withConnection { connection in
                        pid.yield(await connection.backendPID)
                        if pipelined {
                            try await connection.pipeline([
                                ("INSERT INTO t VALUES (1)", []), (Self.sleep, []), ("INSERT INTO t VALUES (2)", []),
                            ])
                        } else {
                            try await connection.query(Self.sleep)
                        }
                    }
                }
                for await pid in pids {
                    try await pool.withConnection { try await $0.waitUntilSleeping(pid) }
                    break
                }
                try await cluster.kill()
                let error = await #expect(throws: PostgresError.self) { try await task.value }
                #expect(error?.kind == .connectionLost)
                #expect(error?.outcomeUnknown == true)

                // Asked while the server is down, answered when it is back.
                let patient = Task { try await pool.query("SELECT count(*) FROM t").only().int64(0) }
                try await cluster.start()
                #expect(try await patient.value == 0)
            }
            await pool.close()
        }
    }

    @Test("an immediate stop of the server and its restart")
    func stopped() async throws {
        try await PrivateCluster.with { cluster in
            let pool = PostgresPool(
                configuration: try cluster.configuration(role: .gateway, transport: .tls), size: 2,
                patience: .seconds(60))
            try await pool.withConnection { try await $0.expectUsable() }
            try await cluster.stop(immediate: true)
            let patient = Task { try await pool.withConnection { try await $0.expectUsable() } }
            try await cluster.start()
            try await patient.value
            await pool.close()
        }
    }
}

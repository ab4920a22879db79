import Foundation
import Postgres
import PostgresTesting
import Testing

@Suite("Cancellation and deadlines")
struct CancellationTests {
    private static let sleep: Statement = "SELECT pg_sleep(60)"

    @Test("a cancelled task stops the statement, and the connection goes on")
    func cancelled() async throws {
        try await TestConnection.use { connection in
            try await expectCancelled(connection) { try await connection.query(Self.sleep) }
            try await connection.expectUsable()
        }
    }

    @Test("a cancelled task stops a pipeline as a whole")
    func cancelledPipeline() async throws {
        try await TestConnection.use { connection in
            try await connection.script("CREATE TABLE t (a int8)")
            try await expectCancelled(connection) {
                try await connection.pipeline([("INSERT INTO t VALUES (1)", []), (Self.sleep, [])])
            }
            #expect(try await connection.query("SELECT a FROM t").isEmpty)
        }
    }

    @Test("a cancelled task stops a transaction, which leaves nothing")
    func cancelledTransaction() async throws {
        try await TestConnection.use { connection in
            try await connection.script("CREATE TABLE t (a int8)")
            try await expectCancelled(connection) {
                try await connection.withTransaction { connection in
                    try connection.run("INSERT INTO t VALUES (1)")
                    try connection.run(Self.sleep)
                }
            }
            #expect(!connection.isInTransaction)
            #expect(try await connection.query("SELECT a FROM t").isEmpty)
        }
    }

    @Test("a cancelled task stops COPY in both directions")
    func cancelledCopy() async throws {
        try await TestConnection.use { connection in
            try await connection.script("CREATE TABLE t (a text)")
            try await expectCancelled(connection) {
                try await connection.copyOut("COPY (SELECT pg_sleep(60)) TO STDOUT") { _ in }
            }
            let (chunks, started) = AsyncStream.makeStream(of: Void.self)
            let copy = Task {
                try await connection.copyIn("COPY t FROM STDIN") {
                    started.yield()
                    Thread.sleep(forTimeInterval: 0.001)  // until it is cancelled, not as fast as the machine can
                    return Array("row\n".utf8)
                }
            }
            for await _ in chunks { break }
            copy.cancel()
            let error = await #expect(throws: PostgresError.self) { try await copy.value }
            #expect(error?.kind == .cancelled)
            #expect(try await connection.query("SELECT a FROM t").isEmpty)
        }
    }

    @Test("a deadline ends a COPY whose rows come so slowly that nothing ever waits for the server")
    func slowCopy() async throws {
        try await TestConnection.use { connection in
            try await connection.script("CREATE TABLE t (a text)")
            let error = await #expect(throws: PostgresError.self) {
                try await connection.copyIn("COPY t FROM STDIN", deadline: .milliseconds(30)) {
                    Thread.sleep(forTimeInterval: 0.001)
                    return Array("row\n".utf8)
                }
            }
            #expect(error?.kind == .deadlineExceeded)
            #expect(try await connection.query("SELECT a FROM t").isEmpty)
        }
    }

    @Test("a task cancelled before it begins sends nothing")
    func cancelledBefore() async throws {
        try await TestConnection.use { connection in
            let task = Task {
                while !Task.isCancelled { await Task.yield() }
                return try await connection.query("SELECT 1")
            }
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { _ = try await task.value }
            #expect(error?.kind == .cancelled)
            #expect(error?.outcomeUnknown == false)
            try await connection.expectUsable()
        }
    }

    @Test("a cancellation that comes when the statement is done does not reach the next one")
    func late() async throws {
        try await TestConnection.use { connection in
            for _ in 0..<200 {
                let task = Task { try await connection.query("SELECT 1") }
                task.cancel()
                _ = await task.result
                try await connection.expectUsable()
            }
        }
    }

    @Test("a deadline that passes stops the statement, and the connection goes on")
    func deadline() async throws {
        try await TestConnection.use { connection in
            for _ in 0..<3 {
                let error = await #expect(throws: PostgresError.self) {
                    try await connection.query(Self.sleep, deadline: .milliseconds(30))
                }
                #expect(error?.kind == .deadlineExceeded)
                #expect(error?.sqlState == "57014")
                #expect(error?.outcomeUnknown == false)
                try await connection.expectUsable()
            }
            let past = await #expect(throws: PostgresError.self) {
                try await connection.query("SELECT 1", deadline: .zero)
            }
            #expect(past?.kind == .deadlineExceeded)
            let script = await #expect(throws: PostgresError.self) {
                try await connection.script("SELECT pg_sleep(60)", deadline: .milliseconds(30))
            }
            #expect(script?.kind == .deadlineExceeded)
            try await connection.expectUsable()
        }
    }

    @Test("a cancel request that comes before the server has begun the statement is repeated")
    func early() async throws {
        try await TestConnection.use { connection in
            let pid = await connection.backendPID
            // Prepared before, so that the sleep is the first thing sent.
            await #expect(throws: PostgresError.self) {
                try await connection.query(Self.sleep, deadline: .milliseconds(1))
            }
            // Stopped, the server's process finds the signal before the statement when it goes on.
            try ServerProcess.signal(pid, .stop)
            let task = Task { _ = try await connection.query(Self.sleep, deadline: .milliseconds(1)) }
            while try !ServerProcess.hasPendingInterrupt(pid) { await Task.yield() }
            try ServerProcess.signal(pid, .go)
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.kind == .deadlineExceeded)
            #expect(error?.outcomeUnknown == false)
            try await connection.expectUsable()
        }
    }

    @Test("the server's own statement timeout comes as its error")
    func statementTimeout() async throws {
        var configuration = try await TestConnection.configuration()
        configuration.statementTimeout = .milliseconds(30)
        let connection = try await PostgresConnection.connect(configuration)
        let error = await #expect(throws: PostgresError.self) { try await connection.query(Self.sleep) }
        #expect(error?.kind == .server(sqlState: "57014"))
        try await connection.expectUsable()
        await connection.close()
    }

    @Test("a server that no longer answers is given up after the grace, with an unknown outcome")
    func silent() async throws {
        // Stopped, the server's process can neither work nor take the cancel request.
        let configuration = try await TestConnection.configuration()
        let connection = try await PostgresConnection.connect(configuration)
        let pid = await connection.backendPID
        try ServerProcess.signal(pid, .stop)
        let error = await #expect(throws: PostgresError.self) {
            try await connection.query("SELECT 1", deadline: .milliseconds(30))
        }
        try ServerProcess.signal(pid, .go)
        #expect(error?.kind == .deadlineExceeded)
        #expect(error?.outcomeUnknown == true)
        #expect(!connection.isAlive)
    }

    @Test("connecting to a listener that says nothing ends at the connect timeout")
    func connectTimeout() async throws {
        let listener = try SilentListener()
        let configuration = PostgresConfiguration(
            host: "127.0.0.1", port: listener.port, database: "d", user: "u", sslMode: .disable,
            connectTimeout: .milliseconds(50))
        let error = await #expect(throws: PostgresError.self) {
            _ = try await PostgresConnection.connect(configuration)
        }
        #expect(error?.kind == .connectFailed)
        var patient = configuration
        patient.connectTimeout = .seconds(60)
        let waiting = patient
        let task = Task { try await PostgresConnection.connect(waiting) }
        task.cancel()
        let cancelled = await #expect(throws: PostgresError.self) { _ = try await task.value }
        #expect(cancelled?.kind == .cancelled)
    }

    /// Cancels the task once the server shows that it is at work.
    private func expectCancelled<Value: Sendable>(
        _ connection: PostgresConnection, _ body: @escaping @Sendable () async throws -> Value
    ) async throws {
        let pid = await connection.backendPID
        let task = Task { _ = try await body() }
        try await TestConnection.use { observer in
            try await observer.waitUntilSleeping(pid)
        }
        task.cancel()
        let error = await #expect(throws: PostgresError.self) { try await task.value }
        #expect(error?.kind == .cancelled)
        #expect(error?.outcomeUnknown == false)
        #expect(connection.isAlive)
    }
}

extension PostgresConnection {
    /// Returns when another session is inside `pg_sleep`.
    func waitUntilSleeping(_ pid: Int32) async throws {
        let sleeping: Statement =
            "SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep' AND state = 'active'"
        while try await query(sleeping, [.int4(pid)]).isEmpty {
            try await query("SELECT pg_sleep(0.005)")
        }
    }
}

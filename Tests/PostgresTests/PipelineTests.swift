import Postgres
import PostgresTesting
import Testing

@Suite("Pipelines")
struct PipelineTests {
    @Test("every step has its result, in order, also when prepared in the same pipeline")
    func results() async throws {
        try await TestConnection.use { connection in
            let echo: Statement = "SELECT $1::int8 AS v"
            for _ in 0..<3 {
                let results = try await connection.pipeline(
                    (0..<50).map { (echo, [.int8(Int64($0))]) } + [("SELECT 'x'::text", [])])
                #expect(results.count == 51)
                for (index, rows) in results.dropLast().enumerated() {
                    #expect(try rows.only().int64(0) == Int64(index))
                }
                #expect(try results[50].only().string(0) == "x")
            }
            #expect(try await connection.pipeline([]).isEmpty)
            try await connection.expectUsable()
        }
    }

    @Test("the same text with other parameter types is prepared again within the pipeline")
    func types() async throws {
        try await TestConnection.use { connection in
            let echo: Statement = "SELECT $1 AS v"
            let results = try await connection.pipeline([
                (echo, [.int8(1)]), (echo, [.text("a")]), (echo, [.text("b")]), (echo, [.int8(2)]),
            ])
            #expect(try results[0].only().int64(0) == 1)
            #expect(try results[1].only().string(0) == "a")
            #expect(try results[2].only().string(0) == "b")
            #expect(try results[3].only().int64(0) == 2)
            try await connection.expectUsable()
        }
    }

    @Test("the first error undoes the whole", arguments: 0..<4)
    func error(position: Int) async throws {
        try await TestConnection.use { connection in
            try await connection.script("CREATE TABLE t (a int8 PRIMARY KEY)")
            let insert: Statement = "INSERT INTO t VALUES ($1)"
            var steps: [(Statement, [Parameter])] = (0..<3).map { (insert, [.int8(Int64($0))]) }
            steps.insert(("SELECT 1 / $1::int8", [.int8(0)]), at: position)
            let failing = steps
            for _ in 0..<2 {
                let error = await #expect(throws: PostgresError.self) {
                    try await connection.pipeline(failing)
                }
                #expect(error?.sqlState == "22012")
                #expect(try await connection.query("SELECT count(*) FROM t").only().int64(0) == 0)
            }
            steps.remove(at: position)
            try await connection.pipeline(steps)
            #expect(try await connection.query("SELECT count(*) FROM t").only().int64(0) == 3)
        }
    }

    @Test("a statement that cannot be prepared fails the pipeline and is not remembered")
    func unpreparable() async throws {
        try await TestConnection.use { connection in
            let select: Statement = "SELECT a FROM later"
            let error = await #expect(throws: PostgresError.self) {
                try await connection.pipeline([("SELECT 1", []), (select, []), ("SELECT 2", [])])
            }
            #expect(error?.sqlState == "42P01")
            try await connection.script("CREATE TABLE later (a int8)")
            #expect(try await connection.pipeline([(select, []), ("SELECT 2", [])])[0].isEmpty)
        }
    }

    @Test("parameters and results far larger than the socket's buffers pass in both directions at once")
    func large() async throws {
        try await TestConnection.use { connection in
            let value = [UInt8](repeating: 9, count: 1 << 20)
            let steps: [(Statement, [Parameter])] = (0..<24).map { _ in ("SELECT $1::bytea", [.bytea(value)]) }
            let results = try await connection.pipeline(steps)
            #expect(try results.allSatisfy { try $0.only().bytes(0) == value })
        }
    }

    @Test("inside a transaction a pipeline is part of it")
    func inTransaction() async throws {
        try await TestConnection.use { connection in
            try await connection.script("CREATE TABLE t (a int8)")
            struct Undo: Error {}
            await #expect(throws: Undo.self) {
                try await connection.withTransaction { connection in
                    try connection.runPipeline([("INSERT INTO t VALUES (1)", []), ("INSERT INTO t VALUES (2)", [])])
                    throw Undo()
                }
            }
            #expect(try await connection.query("SELECT a FROM t").isEmpty)
        }
    }
}

import Postgres
import PostgresTesting
import Testing

@Suite("Statements")
struct StatementTests {
    @Test("rows have names, an order and a count of what was touched")
    func rows() async throws {
        try await TestConnection.use { connection in
            try await connection.script("CREATE TABLE t (a int8, b text); INSERT INTO t VALUES (0, 'zero')")
            let inserted = try await connection.query(
                "INSERT INTO t SELECT n, n::text FROM generate_series(1, 1000) AS n")
            #expect(inserted.affected == 1_000)
            #expect(inserted.isEmpty)
            let rows = try await connection.query("SELECT a, b AS text FROM t ORDER BY a")
            #expect(rows.columnNames == ["a", "text"])
            #expect(rows.count == 1_001)
            for (index, row) in rows.enumerated() {
                #expect(try row.int64(0) == Int64(index))
            }
            #expect(try rows[999].string(1) == "999")
            let none = try await connection.query("SELECT a FROM t WHERE a < 0")
            #expect(none.isEmpty)
            #expect(none.columnNames == ["a"])
            #expect(throws: PostgresError.self) { try none.only() }
            #expect(throws: PostgresError.self) { try rows.only() }
            #expect(try await connection.query("").isEmpty)
            #expect(try await connection.query("UPDATE t SET b = 'x' WHERE a < 10").affected == 10)
        }
    }

    @Test("a statement is prepared once, again for other parameter types, and never more than the limit")
    func preparation() async throws {
        try await TestConnection.use { connection in
            let count: Statement = "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT $1 AS v'"
            let echo = Statement("SELECT $1 AS v", name: "echo")
            for value in Int64(0)..<5 {
                #expect(try await connection.query(echo, [.int8(value)]).only().int64(0) == value)
            }
            #expect(try await connection.query(count).only().int64(0) == 1)
            #expect(try await connection.query(echo, [.text("a")]).only().string(0) == "a")
            #expect(try await connection.query(count).only().int64(0) == 1)
            for number in 0..<600 {
                let row = try await connection.query(Statement("SELECT \(number)")).only()
                #expect(try row.int32(0) == Int32(number))
            }
            let all = try await connection.query("SELECT count(*) FROM pg_prepared_statements").only()
            #expect(try all.int64(0) <= 256)
        }
    }

    @Test("a change of the table prepares the statement again outside a transaction, and only there")
    func planInvalidation() async throws {
        try await TestConnection.use { connection in
            let select: Statement = "SELECT * FROM t"
            try await connection.script("CREATE TABLE t (a int8); INSERT INTO t VALUES (1)")
            #expect(try await connection.query(select).columnNames == ["a"])
            try await connection.script("ALTER TABLE t ADD COLUMN b text DEFAULT 'x'")
            #expect(try await connection.query(select).columnNames == ["a", "b"])
            try await connection.script("ALTER TABLE t DROP COLUMN a")
            let results = try await connection.pipeline([(select, []), ("SELECT 1", [])])
            #expect(try results[0].only().string(0) == "x")

            try await connection.script("ALTER TABLE t ADD COLUMN c int8")
            let error = await #expect(throws: PostgresError.self) {
                try await connection.withTransaction { connection in _ = try connection.run(select) }
            }
            #expect(error?.sqlState == "0A000")
            let columns = try await connection.withTransaction { try $0.run(select).columnNames }
            #expect(columns == ["b", "c"])
            try await connection.script("ALTER TABLE t DROP COLUMN c")
            try await connection.stream(select, batch: 1) { #expect($0.columnNames == ["b"]) }
            try await connection.script("ALTER TABLE t ADD COLUMN c int8")
            #expect(try await connection.query(select).columnNames == ["b", "c"])
        }
    }

    @Test("statements the server forgot are prepared again")
    func forgotten() async throws {
        try await TestConnection.use { connection in
            let select: Statement = "SELECT 5::int8"
            try await connection.query(select)
            try await connection.script("DEALLOCATE ALL")
            #expect(try await connection.query(select).only().int64(0) == 5)
            try await connection.script("DEALLOCATE ALL")
            #expect(try await connection.pipeline([(select, [])])[0].only().int64(0) == 5)
        }
    }

    @Test("a statement with a NUL byte is refused instead of being cut there")
    func nul() async throws {
        try await TestConnection.use { connection in
            let statement = Statement("SELECT 1\0 / 0")
            for attempt in 0..<3 {
                let error = await #expect(throws: PostgresError.self) {
                    switch attempt {
                    case 0: try await connection.query(statement)
                    case 1: try await connection.pipeline([("SELECT 1", []), (statement, [])])
                    default: try await connection.script(statement.sql)
                    }
                }
                #expect(error?.kind == .invalidParameter)
            }
            try await connection.expectUsable()
        }
    }

    @Test("no text made from parameters and rows shows a value")
    func redaction() async throws {
        try await TestConnection.use { connection in
            let parameters: [Parameter] = [.text("anna"), .text(nil)]
            let rows = try await connection.query("SELECT $1::text AS name, $2::text", parameters)
            var dumped = ""
            dump((parameters, rows, rows[0]), to: &dumped)
            for text in ["\(parameters)", "\(rows)", "\(rows[0])", "\([rows[0]])", dumped] {
                // As letters, or as the numbers of its bytes.
                #expect(!text.contains("anna") && !text.contains("110"))
            }
            #expect("\(rows)".contains("name"))
        }
    }

    @Test("a script runs several statements, and none of them when one fails")
    func script() async throws {
        try await TestConnection.use { connection in
            try await connection.script("CREATE TABLE t (a int8); INSERT INTO t VALUES (1); SELECT * FROM t;")
            let error = await #expect(throws: PostgresError.self) {
                try await connection.script("INSERT INTO t VALUES (2); SELECT 1 / 0; INSERT INTO t VALUES (3)")
            }
            #expect(error?.sqlState == "22012")
            #expect(try await connection.query("SELECT count(*) FROM t").only().int64(0) == 1)
        }
    }

    @Test("a stream hands over all rows in batches", arguments: [1, 7, 100, 1_000])
    func stream(batch: Int) async throws {
        try await TestConnection.use { connection in
            let seen = Collected<Int64>()
            try await connection.stream(
                "SELECT n FROM generate_series(1::int8, $1) AS n", [.int8(100)], batch: batch
            ) { rows in
                #expect(rows.count <= batch)
                for row in rows { seen.append(try row.int64(0)) }
            }
            #expect(seen.values == Array(1...100))
        }
    }

    @Test("a stream whose consumer throws stops, and so does one that fails in the middle")
    func streamFailures() async throws {
        struct Enough: Error {}
        try await TestConnection.use { connection in
            await #expect(throws: Enough.self) {
                try await connection.stream(
                    "SELECT generate_series(1::int8, 1000000000)", batch: 10
                ) { _ in throw Enough() }
            }
            #expect(connection.isAlive)
            let seen = Collected<Int64>()
            let error = await #expect(throws: PostgresError.self) {
                try await connection.stream("SELECT 10 / (5 - n) FROM generate_series(1::int8, 9) AS n", batch: 2) {
                    for row in $0 { seen.append(try row.int64(0)) }
                }
            }
            #expect(error?.sqlState == "22012")
            #expect(seen.values == [2, 3, 5, 10])
            try await connection.expectUsable()
        }
    }

    @Test("the consumer of a stream cannot start another statement on the same connection")
    func reentrance() async throws {
        try await TestConnection.use { connection in
            let error = await #expect(throws: PostgresError.self) {
                try await connection.stream("SELECT 1", batch: 1) { _ in
                    try connection.assumeIsolated { _ = try $0.run("SELECT 2") }
                }
            }
            #expect(error?.kind == .protocolViolation)
            try await connection.expectUsable()
        }
    }
}

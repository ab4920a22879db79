import Postgres
import PostgresTesting
import Synchronization
import Testing

@Suite("COPY")
struct CopyTests {
    struct Enough: Error {}

    @Test("what goes in comes out again, far beyond the socket's buffers")
    func roundTrip() async throws {
        try await TestConnection.use { connection in
            try await connection.script("CREATE TABLE t (a int8, b text)")
            let next = Atomic<Int>(0)
            let count = try await connection.copyIn("COPY t FROM STDIN") {
                let number = next.add(1, ordering: .relaxed).newValue
                guard number <= 500 else { return nil }
                return (0..<100).flatMap { Array("\(number * 100 + $0)\t\(String(repeating: "ü", count: 50))\n".utf8) }
            }
            #expect(count == 50_000)
            let received = Collected<[UInt8]>()
            let sent = try await connection.copyOut("COPY (SELECT * FROM t ORDER BY a) TO STDOUT") {
                received.append($0)
            }
            #expect(sent == 50_000)
            #expect(received.values.count > 10)
            #expect(received.values.allSatisfy { $0.last == UInt8(ascii: "\n") })
            let lines = String(decoding: received.values.joined(), as: UTF8.self).split(separator: "\n")
            #expect(lines.count == 50_000)
            #expect(lines.first?.hasPrefix("100\t") == true)
            #expect(lines.last?.hasPrefix("50099\t") == true)
            try await connection.expectUsable()
        }
    }

    @Test("whoever only sends never waits for an answer, however the server's reading falls", .timeLimit(.minutes(5)))
    func sendingOnly() async throws {
        try await TestConnection.use { connection in
            try await connection.script("CREATE TABLE t (a text)")
            let line = Array((String(repeating: "x", count: 4_095) + "\n").utf8)
            let piece = [UInt8](repeatElement(line, count: 64).joined())
            let next = Atomic<Int>(0)
            // 512 MiB in pieces that fill the socket; the server parses them and keeps nothing.
            let count = try await connection.copyIn("COPY t FROM STDIN WHERE false") {
                next.add(1, ordering: .relaxed).newValue <= 2_048 ? piece : nil
            }
            #expect(count == 0)
            try await connection.expectUsable()
        }
    }

    @Test("nothing in is nothing, and an empty table gives nothing")
    func empty() async throws {
        try await TestConnection.use { connection in
            try await connection.script("CREATE TABLE t (a int8)")
            #expect(try await connection.copyIn("COPY t FROM STDIN") { nil } == 0)
            let received = Collected<[UInt8]>()
            #expect(try await connection.copyOut("COPY t TO STDOUT") { received.append($0) } == 0)
            #expect(received.values.isEmpty)
        }
    }

    @Test("a source that throws leaves nothing of the COPY")
    func throwingSource() async throws {
        try await TestConnection.use { connection in
            try await connection.script("CREATE TABLE t (a int8)")
            let calls = Atomic<Int>(0)
            await #expect(throws: Enough.self) {
                try await connection.copyIn("COPY t FROM STDIN") {
                    if calls.add(1, ordering: .relaxed).newValue == 3 { throw Enough() }
                    return Array("1\n".utf8)
                }
            }
            #expect(try await connection.query("SELECT a FROM t").isEmpty)
        }
    }

    @Test("a consumer that throws stops the COPY")
    func throwingConsumer() async throws {
        try await TestConnection.use { connection in
            await #expect(throws: Enough.self) {
                try await connection.copyOut("COPY (SELECT generate_series(1, 100000000)) TO STDOUT") { _ in
                    throw Enough()
                }
            }
            try await connection.expectUsable()
        }
    }

    @Test("data the server cannot take is its error, and leaves nothing")
    func badData() async throws {
        try await TestConnection.use { connection in
            try await connection.script("CREATE TABLE t (a int8)")
            let chunks = Collected<Int>()
            let error = await #expect(throws: PostgresError.self) {
                try await connection.copyIn("COPY t FROM STDIN") {
                    chunks.append(0) < 3 ? Array("1\nsecret\n".utf8) : nil
                }
            }
            #expect(error?.sqlState == "22P02")
            #expect(error?.description.contains("secret") == false)
            #expect(try await connection.query("SELECT a FROM t").isEmpty)
        }
    }

    @Test("a COPY of a table that is not there fails and leaves the connection usable")
    func noTable() async throws {
        try await TestConnection.use { connection in
            let into = await #expect(throws: PostgresError.self) {
                try await connection.copyIn("COPY nowhere FROM STDIN") { nil }
            }
            #expect(into?.sqlState == "42P01")
            let out = await #expect(throws: PostgresError.self) {
                try await connection.copyOut("COPY nowhere TO STDOUT") { _ in }
            }
            #expect(out?.sqlState == "42P01")
            try await connection.expectUsable()
        }
    }

    @Test("a statement that is no COPY is refused")
    func noCopy() async throws {
        try await TestConnection.use { connection in
            let error = await #expect(throws: PostgresError.self) {
                try await connection.copyOut("SELECT 1") { _ in }
            }
            #expect(error?.kind == .protocolViolation)
        }
    }
}

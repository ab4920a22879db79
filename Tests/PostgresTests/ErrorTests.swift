import Postgres
import PostgresTesting
import Testing

@Suite("Errors")
struct ErrorTests {
    @Test("a syntax error has its SQLSTATE, and its description quotes nothing")
    func syntax() async throws {
        try await TestConnection.use { connection in
            let error = await #expect(throws: PostgresError.self) {
                try await connection.query("SELEC 'secret-value'")
            }
            #expect(error?.kind == .server(sqlState: "42601"))
            #expect(error?.sqlState == "42601")
            #expect(error?.outcomeUnknown == false)
            #expect(error?.description.contains("42601") == true)
            #expect(error?.description.contains("SELEC") == false)
            #expect(error?.debugDescription.contains("SELEC") == true)
            #expect(connection.isAlive)
        }
    }

    @Test("values in message and detail stay out of the description")
    func redaction() async throws {
        try await TestConnection.use { connection in
            try await connection.script("CREATE TABLE person (mail text CONSTRAINT one_mail UNIQUE)")
            let insert: Statement = "INSERT INTO person VALUES ($1)"
            try await connection.query(insert, [.text("anna@example.org")])
            let unique = await #expect(throws: PostgresError.self) {
                try await connection.query(insert, [.text("anna@example.org")])
            }
            #expect(unique?.sqlState == "23505")
            #expect(unique?.constraint == "one_mail")
            #expect(unique?.table == "person")
            #expect(unique.map { "\($0)" }?.contains("anna") == false)
            #expect(unique?.serverDetail?.contains("anna") == true)
            #expect(unique?.debugDescription.contains("anna") == true)

            let cast = await #expect(throws: PostgresError.self) {
                try await connection.query("SELECT $1::text::int4", [.text("4111-1111")])
            }
            #expect(cast?.sqlState == "22P02")
            #expect(cast?.description.contains("4111") == false)
        }
    }

    @Test("a raised error keeps its own SQLSTATE and detail")
    func raised() async throws {
        try await TestConnection.use { connection in
            let error = await #expect(throws: PostgresError.self) {
                try await connection.script(
                    "DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'ZQ001', DETAIL = '7' ; END $$")
            }
            #expect(error?.kind == .server(sqlState: "ZQ001"))
            #expect(error?.serverDetail == "7")
            #expect(error?.serverMessage == "no")
        }
    }

    @Test("a COPY through query is refused and closes the connection")
    func copyThroughQuery() async throws {
        try await TestConnection.use { connection in
            try await connection.script("CREATE TABLE t (v text)")
            let error = await #expect(throws: PostgresError.self) {
                try await connection.query("COPY t FROM STDIN")
            }
            #expect(error?.kind == .protocolViolation)
            #expect(!connection.isAlive)
            let later = await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1") }
            #expect(later?.kind == .connectionLost)
            #expect(later?.outcomeUnknown == false)
        }
    }

    @Test("a closed connection says so")
    func closed() async throws {
        try await TestConnection.use { connection in
            await connection.close()
            #expect(!connection.isAlive)
            let error = await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1") }
            #expect(error?.kind == .closed)
        }
    }

    @Test("a wrong password gives its SQLSTATE and leaks nothing")
    func wrongPassword() async throws {
        var configuration = try await TestConnection.configuration(role: .gateway)
        configuration.password = "wrong-password"
        let wrong = configuration
        let error = await #expect(throws: PostgresError.self) {
            _ = try await PostgresConnection.connect(wrong)
        }
        #expect(error?.kind == .connectFailed)
        #expect(error?.sqlState == "28P01")
        #expect(error?.description.contains("zentriq_gateway") == false)
        #expect(error?.debugDescription.contains("wrong-password") == false)
    }

    @Test("nobody listening is a failed connection")
    func refused() async throws {
        let configuration = PostgresConfiguration(
            host: "127.0.0.1", port: 1, database: "d", user: "u", sslMode: .disable)
        let error = await #expect(throws: PostgresError.self) {
            _ = try await PostgresConnection.connect(configuration)
        }
        #expect(error?.kind == .connectFailed)
        #expect(error?.sqlState == nil)
        #expect(error?.outcomeUnknown == false)
    }
}

import Postgres
import PostgresTesting
import Testing

@Suite("Configuration")
struct ConfigurationTests {
    private func sample(host: String = "db.example.org", sslMode: PostgresConfiguration.SSLMode = .verifyFull)
        -> PostgresConfiguration
    {
        PostgresConfiguration(
            host: host, database: "d", user: "u", password: "hunter2", sslMode: sslMode,
            serverOptions: ["app.tenant": "secret-option"])
    }

    @Test("no way of printing it shows the password")
    func redaction() {
        let configuration = sample()
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", configuration.debugDescription, "\([configuration])", dumped] {
            #expect(!text.contains("hunter2"))
            #expect(!text.contains("secret-option"))
        }
        #expect(configuration.description.contains("db.example.org"))
    }

    @Test(
        "outside development a host over TCP must be verified in full",
        arguments: PostgresConfiguration.SSLMode.allCases)
    func verification(mode: PostgresConfiguration.SSLMode) throws {
        try sample(sslMode: mode).validated(development: true)
        try sample(host: "/run/postgresql", sslMode: mode).validated(development: false)
        if mode == .verifyFull {
            try sample(sslMode: mode).validated(development: false)
        } else {
            let error = #expect(throws: PostgresError.self) { try sample(sslMode: mode).validated(development: false) }
            #expect(error?.kind == .invalidParameter)
            #expect(error?.description.contains("verify-full") == true)
        }
    }

    @Test("settings that cannot work are refused before connecting")
    func refused() async {
        var wrong: [PostgresConfiguration] = []
        for change: (inout PostgresConfiguration) -> Void in [
            { $0.host = "" }, { $0.host = "a,b" }, { $0.port = 0 }, { $0.port = 65_536 }, { $0.database = "" },
            { $0.user = "" }, { $0.connectTimeout = .zero }, { $0.statementTimeout = .seconds(-1) },
            { $0.password = "a\0b" }, { $0.serverOptions = ["a b": "c"] }, { $0.serverOptions = ["": "c"] },
        ] {
            var configuration = sample()
            change(&configuration)
            wrong.append(configuration)
        }
        for configuration in wrong {
            let error = await #expect(throws: PostgresError.self) {
                _ = try await PostgresConnection.connect(configuration)
            }
            #expect(error?.kind == .invalidParameter)
        }
    }

    @Test("the session has the settings that were asked for, spaces and backslashes included")
    func options() async throws {
        var configuration = try await TestConnection.configuration()
        configuration.applicationName = "name with spaces"
        configuration.statementTimeout = .milliseconds(12_345)
        configuration.serverOptions["app.tenant"] = #"a b\c 'd' -c x=y"#
        let connection = try await PostgresConnection.connect(configuration)
        for (name, expected) in [
            ("application_name", "name with spaces"), ("statement_timeout", "12345ms"), ("client_encoding", "UTF8"),
            ("app.tenant", #"a b\c 'd' -c x=y"#),
        ] {
            let row = try await connection.query("SELECT current_setting($1)", [.text(name)]).only()
            #expect(try row.string(0) == expected)
        }
        await connection.close()
    }

    @Test("TLS with full verification works with the cluster's root certificate")
    func tls() async throws {
        let configuration = try await TestConnection.configuration(transport: .tls)
        #expect(configuration.sslMode == .verifyFull)
        for host in ["127.0.0.1", "localhost"] {
            var named = configuration
            named.host = host
            let connection = try await PostgresConnection.connect(named)
            let row = try await connection.query("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
                .only()
            #expect(try row.bool(0))
            #expect(["TLSv1.2", "TLSv1.3"].contains(try row.string(1)))
            let value = [UInt8](repeating: 3, count: 1 << 20)
            #expect(try await connection.query("SELECT $1::bytea", [.bytea(value)]).only().bytes(0) == value)
            await connection.close()
        }
    }

    @Test("TLS is refused for a host the certificate does not name, and for another root")
    func tlsRefused() async throws {
        var otherHost = try await TestConnection.configuration(transport: .tls)
        var otherRoot = otherHost
        // 127.0.0.2 reaches the same machine, but is not in the certificate.
        otherHost.host = "127.0.0.2"
        otherRoot.sslRootCertificate = "/dev/null"
        for configuration in [otherHost, otherRoot] {
            let error = await #expect(throws: PostgresError.self) {
                _ = try await PostgresConnection.connect(configuration)
            }
            #expect(error?.kind == .connectFailed)
        }
    }
}

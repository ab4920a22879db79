import Edge
import Foundation
import Gateway
import Identity
import Postgres
import Testing

@Suite("Settings")
struct SettingsTests {
    private static let database = [
        "ZENTRIQ_DATABASE_HOST": "db.example.com", "ZENTRIQ_GATEWAY_PASSWORD": "secret",
    ]

    private func settings(_ values: [String: String]) -> Settings { Settings(values) }

    @Test("what is not set is taken from the default, or named")
    func absent() throws {
        #expect(settings([:]).optional("X") == nil)
        #expect(settings(["ZENTRIQ_X": ""]).optional("X") == nil)
        #expect(settings(["X": "1"]).optional("X") == nil)
        #expect(try settings([:]).string("X", default: "y") == "y")
        let failure = #expect(throws: Settings.Failure.self) { try settings([:]).string("X") }
        #expect(failure?.description.contains("ZENTRIQ_X") == true)
    }

    @Test("keys are rotated by hand unless it is said otherwise, and by the service only with the role it takes")
    func rotation() throws {
        let role = ["ZENTRIQ_RETENTION_PASSWORD": "secret"]
        for (value, expected) in [("", false), ("manual", false), ("automatic", true)] {
            #expect(try settings(["ZENTRIQ_KEK_ROTATION": value].merging(role) { $1 }).rotatesKeys() == expected)
        }
        #expect(throws: Settings.Failure.self) { try settings(["ZENTRIQ_KEK_ROTATION": "automatic"]).rotatesKeys() }
        #expect(throws: Settings.Failure.self) { try settings(["ZENTRIQ_KEK_ROTATION": "yes"]).rotatesKeys() }
    }

    @Test(
        "numbers are whole and in range",
        arguments: [
            ("1", 1), ("10", 10), ("", 5), ("0", nil), ("11", nil), ("x", nil), ("1.5", nil), (" 1", nil), ("1e1", nil),
        ] as [(String, Int?)])
    func integers(text: String, value: Int?) throws {
        let settings = settings(["ZENTRIQ_N": text])
        guard let value else {
            #expect(throws: Settings.Failure.self) { try settings.integer("N", in: 1...10, default: 5) }
            return
        }
        #expect(try settings.integer("N", in: 1...10, default: 5) == value)
    }

    @Test(
        "flags are true or false",
        arguments: [
            ("true", true), ("1", true), ("yes", true), ("false", false), ("0", false), ("no", false), ("", false),
            ("on", nil), ("TRUE", nil), ("2", nil),
        ] as [(String, Bool?)])
    func flags(text: String, value: Bool?) throws {
        let settings = settings(["ZENTRIQ_F": text])
        guard let value else {
            #expect(throws: Settings.Failure.self) { try settings.flag("F") }
            return
        }
        #expect(try settings.flag("F") == value)
    }

    @Test("a database over TCP is verified by default, and each role has its password")
    func database() throws {
        let configuration = try settings(Self.database).database(.gateway, development: false)
        #expect(configuration.host == "db.example.com")
        #expect(configuration.port == 5432)
        #expect(configuration.user == "zentriq_gateway")
        #expect(configuration.sslMode == .verifyFull)
        #expect(throws: Settings.Failure.self) { try settings(Self.database).database(.projector, development: false) }
    }

    @Test("weaker protection of the database is for development", arguments: ["disable", "prefer", "require"])
    func weakDatabase(mode: String) throws {
        let settings = settings(Self.database.merging(["ZENTRIQ_DATABASE_TLS": mode]) { $1 })
        #expect(throws: PostgresError.self) { try settings.database(.gateway, development: false) }
        #expect(try settings.database(.gateway, development: true).sslMode.rawValue == mode)
    }

    @Test("a socket wins over a host")
    func socket() throws {
        let values = Self.database.merging(["ZENTRIQ_DATABASE_SOCKET": "/run/postgresql"]) { $1 }
        #expect(try settings(values).database(.gateway, development: false).host == "/run/postgresql")
    }

    @Test(
        "what is no mode, port or host of a database is refused",
        arguments: [
            ["ZENTRIQ_DATABASE_TLS": "verify-ca"], ["ZENTRIQ_DATABASE_PORT": "0"], ["ZENTRIQ_DATABASE_PORT": "65536"],
            ["ZENTRIQ_DATABASE_HOST": ""], ["ZENTRIQ_GATEWAY_PASSWORD": ""],
        ])
    func wrongDatabase(change: [String: String]) {
        let settings = settings(Self.database.merging(change) { $1 })
        #expect(throws: Settings.Failure.self) { try settings.database(.gateway, development: true) }
    }

    private static let client = "c0000000-0000-4000-8000-000000000001"
    private static let backend = "c0000000-0000-4000-8000-000000000003"
    private static let identity = [
        "ZENTRIQ_AUDIENCE": "api://zentriq,https://zentriq.example.com",
        "ZENTRIQ_OPERATOR_TENANT": "0e0e0e0e-0000-4000-8000-00000000000e",
        "ZENTRIQ_CLIENTS": "\(client)=punchout+agent", "ZENTRIQ_APPLICATIONS": backend,
    ]

    @Test("clients are listed with their products")
    func identity() throws {
        let configuration = try settings(Self.identity).identity()
        #expect(configuration.audiences == ["api://zentriq", "https://zentriq.example.com"])
        #expect(configuration.products(of: try #require(UUID(uuidString: Self.client))) == ["punchout", "agent"])
        #expect(configuration.applicationClients == [try #require(UUID(uuidString: Self.backend))])
        #expect(configuration.issuerTemplate == IdentityConfiguration.entraIssuerTemplate)
    }

    @Test(
        "a wrong identity is refused",
        arguments: [
            ("AUDIENCE", ""), ("OPERATOR_TENANT", "contoso.onmicrosoft.com"), ("OPERATOR_TENANT", ""), ("CLIENTS", ""),
            ("CLIENTS", "punchout"), ("CLIENTS", "=punchout"), ("CLIENTS", "\(client)=punchout,other"),
            ("CLIENTS", "\(client)=fax"), ("CLIENTS", "\(client)="), ("CLIENTS", client),
            ("CLIENTS", "\(client)=punchout,\(client)=agent"), ("APPLICATIONS", "x"),
        ])
    func wrongIdentity(name: String, value: String) {
        let settings = settings(Self.identity.merging(["ZENTRIQ_\(name)": value]) { $1 })
        #expect(throws: Settings.Failure.self) { try settings.identity() }
    }

    @Test("the listener is on loopback unless told otherwise; a certificate needs its key")
    func server() throws {
        let plain = try settings([:]).server()
        #expect(plain.host == "127.0.0.1")
        #expect(plain.port == 8080)
        #expect(plain.tls == nil)
        #expect(!plain.allowPlaintextBeyondLoopback)
        let secure = try settings(["ZENTRIQ_TLS_CERTIFICATE": "/a.pem", "ZENTRIQ_TLS_KEY": "/a.key"]).server()
        #expect(secure.tls?.certificatePath == "/a.pem")
        for half in [["ZENTRIQ_TLS_CERTIFICATE": "/a.pem"], ["ZENTRIQ_TLS_KEY": "/a.key"]] {
            #expect(throws: Settings.Failure.self) { try settings(half).server() }
        }
    }

    @Test(
        "a wrong listener or limit is refused",
        arguments: [
            ["ZENTRIQ_HTTP_PORT": "65536"], ["ZENTRIQ_HTTP_PORT": "-1"], ["ZENTRIQ_MAXIMUM_CONNECTIONS": "0"],
            ["ZENTRIQ_ALLOW_PLAINTEXT": "maybe"], ["ZENTRIQ_RATE_PER_SECOND": "0"], ["ZENTRIQ_RATE_BURST": "1000001"],
            ["ZENTRIQ_METRICS_PORT": "x"],
        ])
    func wrongServer(values: [String: String]) {
        #expect(throws: Settings.Failure.self) {
            _ = try settings(values).server()
            _ = try settings(values).rateLimits()
            _ = try settings(values).metricsServer()
        }
    }

    @Test("metrics have a listener of their own, which port 0 switches off")
    func metrics() throws {
        let listener = try #require(try settings([:]).metricsServer())
        #expect(listener.host == "127.0.0.1")
        #expect(listener.port != 8080)
        #expect(try settings(["ZENTRIQ_METRICS_PORT": "0"]).metricsServer() == nil)
    }

    @Test("the rate limit is 1,000 a second with a burst of 5,000 unless told otherwise")
    func rateLimits() throws {
        let standard = try settings([:]).rateLimits()
        #expect(standard.requestsPerSecond == 1_000)
        #expect(standard.burst == 5_000)
        let own = try settings(["ZENTRIQ_RATE_PER_SECOND": "5", "ZENTRIQ_RATE_BURST": "6"]).rateLimits()
        #expect(own.requestsPerSecond == 5)
        #expect(own.burst == 6)
    }
}

import Logging
import Testing

@testable import Edge

@Suite("The settings of a listener")
struct ServerSettingsTests {
    @Test(
        "plain HTTP is for loopback only",
        arguments: [
            ("127.0.0.1", true), ("127.255.0.9", true), ("::1", true), ("localhost", true), ("0.0.0.0", false),
            ("::", false), ("192.168.0.1", false), ("127.0.0.1.example.com", false), ("127.0.0", false),
            ("127.0.0.256", false), ("127.0.0.1 ", false), ("localhost.example.com", false), ("", false),
            ("128.0.0.1", false), ("gateway.example.com", false), ("127.example.com.x", false),
        ])
    func loopback(host: String, isLoopback: Bool) throws {
        var settings = ServerSettings(host: host, port: 8_080)
        #expect(settings.isLoopback == isLoopback)
        if isLoopback {
            try settings.validate()
        } else {
            #expect(throws: EdgeServerError.plaintextBeyondLoopback(host: host)) { try settings.validate() }
        }
        settings.allowPlaintextBeyondLoopback = true
        try settings.validate()
        settings.allowPlaintextBeyondLoopback = false
        settings.tls = ServerSettings.TLS(certificatePath: "c", keyPath: "k")
        try settings.validate()
    }

    @Test("a port has sixteen bits", arguments: [-1, 65_536])
    func port(port: Int) {
        #expect(throws: EdgeServerError.invalidPort(port)) { try ServerSettings(port: port).validate() }
    }

    @Test("a listener that may not start is not built")
    func application() {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        #expect(throws: EdgeServerError.plaintextBeyondLoopback(host: "0.0.0.0")) {
            try EdgeServer.application(
                router: TestService.router(), settings: ServerSettings(host: "0.0.0.0", port: 0), logger: logger)
        }
        let missing = ServerSettings.TLS(certificatePath: "/nonexistent/c.pem", keyPath: "/nonexistent/k.pem")
        #expect(throws: (any Error).self) {
            try EdgeServer.application(
                router: TestService.router(), settings: ServerSettings(port: 0, tls: missing), logger: logger)
        }
    }
}

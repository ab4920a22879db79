import LogTesting
import NIOCore
import NIOSSL
import Testing

@testable import Edge

@Suite("TLS", .timeLimit(.minutes(10)))
struct TLSTests {
    private static let request = "GET /v1/id HTTP/1.1\r\nHost: x\r\n\r\n"

    private static func settings(_ folder: CertificateFolder) -> ServerSettings {
        let files = folder.settings
        return ServerSettings(
            port: 0,
            tls: .init(
                certificatePath: files.certificate, keyPath: files.key, reloadInterval: .milliseconds(20)))
    }

    private static func client(_ change: (inout TLSConfiguration) -> Void = { _ in }) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        configuration.minimumTLSVersion = .tlsv1
        change(&configuration)
        return try NIOSSLContext(configuration: configuration)
    }

    /// Runs a listener with `certificate`.
    private static func serve(
        _ certificate: TestCertificate,
        _ body: @Sendable @escaping (TestServer, CertificateFolder) async throws -> Void
    ) async throws {
        try await CertificateFolder.with { folder in
            try folder.install(certificate)
            try await TestServer.run(settings: settings(folder)) { try await body($0, folder) }
        }
    }

    private static func presented(_ port: Int) async throws -> [UInt8]? {
        try await RawConnection.open(port: port, tls: try client()) { connection in
            try await connection.send(request)
            #expect(try await connection.answer().status == 200)
            return try await connection.channel.nioSSL_peerCertificate().get()?.toDERBytes()
        }
    }

    @Test("TLS 1.3 and 1.2 are spoken", arguments: [TLSVersion.tlsv13, .tlsv12])
    func versions(version: TLSVersion) async throws {
        try await Self.serve(try TestCertificate(commonName: "a")) { server, _ in
            let context = try Self.client {
                $0.minimumTLSVersion = version
                $0.maximumTLSVersion = version
            }
            try await RawConnection.open(port: server.port, tls: context) { connection in
                try await connection.send(Self.request)
                let answer = try await connection.answer()
                #expect(answer.status == 200)
                #expect(answer.headers["strict-transport-security"]?.hasPrefix("max-age=") == true)
                #expect(try await connection.channel.nioSSL_tlsVersion().get() == version)
            }
        }
    }

    @Test("TLS 1.3 is preferred")
    func preference() async throws {
        try await Self.serve(try TestCertificate(commonName: "a")) { server, _ in
            try await RawConnection.open(port: server.port, tls: try Self.client()) { connection in
                try await connection.send(Self.request)
                _ = try await connection.answer()
                #expect(try await connection.channel.nioSSL_tlsVersion().get() == .tlsv13)
            }
        }
    }

    @Test("older versions are refused", arguments: [TLSVersion.tlsv11, .tlsv1])
    func oldVersions(version: TLSVersion) async throws {
        try await Self.serve(try TestCertificate(commonName: "a")) { server, _ in
            let context = try Self.client { $0.maximumTLSVersion = version }
            await #expect(throws: (any Error).self) {
                try await RawConnection.open(port: server.port, tls: context) { connection in
                    try await connection.send(Self.request)
                    return try await connection.answer().status
                }
            }
            #expect(try await Self.presented(server.port) != nil)
        }
    }

    @Test(
        "suites without forward secrecy or authenticated encryption are refused",
        arguments: [
            NIOTLSCipher.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, .TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
            .TLS_RSA_WITH_AES_128_GCM_SHA256,
        ])
    func suites(suite: NIOTLSCipher) async throws {
        try await Self.serve(try TestCertificate(commonName: "a")) { server, _ in
            let context = try Self.client {
                $0.maximumTLSVersion = .tlsv12
                $0.cipherSuiteValues = [suite]
            }
            await #expect(throws: (any Error).self) {
                try await RawConnection.open(port: server.port, tls: context) { connection in
                    try await connection.send(Self.request)
                    return try await connection.answer().status
                }
            }
        }
    }

    @Test("plain HTTP on a TLS listener gets no answer of HTTP")
    func plaintext() async throws {
        try await Self.serve(try TestCertificate(commonName: "a")) { server, _ in
            await #expect(throws: (any Error).self) {
                try await RawConnection.exchange(Self.request, port: server.port)
            }
        }
    }

    @Test("a client that never shakes hands is cut off")
    func slowHandshake() async throws {
        try await CertificateFolder.with { folder in
            try folder.install(try TestCertificate(commonName: "a"))
            var settings = Self.settings(folder)
            settings.limits.headDeadline = .milliseconds(100)
            try await TestServer.run(settings: settings) { server in
                try await RawConnection.open(port: server.port) { connection in
                    // The beginning of a ClientHello.
                    try await connection.send([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])
                    #expect(await connection.untilClosed() == 0)
                }
            }
        }
    }

    @Test("a replaced certificate is presented to new connections, and kept ones go on")
    func reload() async throws {
        let first = try TestCertificate(commonName: "first")
        let second = try TestCertificate(commonName: "second")
        try await Self.serve(first) { server, folder in
            #expect(try await Self.presented(server.port) == first.derEncoded)
            try await RawConnection.open(port: server.port, tls: try Self.client()) { kept in
                try await kept.send(Self.request)
                _ = try await kept.answer()
                try folder.install(second)
                while try await Self.presented(server.port) != second.derEncoded {
                    try await Task.sleep(for: .milliseconds(5))
                }
                try await kept.send(Self.request)
                #expect(try await kept.answer().status == 200)
            }
        }
    }

    @Test("a certificate that does not fit the key is not presented")
    func mismatch() async throws {
        let first = try TestCertificate(commonName: "first")
        let second = try TestCertificate(commonName: "second")
        let recorder = LogRecorder()
        try await CertificateFolder.with { folder in
            try folder.install(first)
            try await TestServer.run(settings: Self.settings(folder), logger: recorder.logger) { server in
                try folder.installCertificateOnly(second)
                try await eventually { recorder.entries.contains { $0.message == "certificate not reloaded" } }
                #expect(try await Self.presented(server.port) == first.derEncoded)
            }
        }
    }

    @Test("a response with the connection's end arrives whole, and so does the end")
    func close() async throws {
        try await Self.serve(try TestCertificate(commonName: "a")) { server, _ in
            try await RawConnection.open(port: server.port, tls: try Self.client()) { connection in
                try await connection.send("GET /v1/id HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                #expect(try await connection.answer().headers["connection"] == "close")
                #expect(await connection.untilClosed() == 0)
            }
        }
    }
}

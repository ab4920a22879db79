import Edge
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Testing
import TransparencyLog

@testable import Witness

@Suite("A witness's client", .timeLimit(.minutes(10)))
struct WitnessClientTests {
    @Test("a real witness's answers are understood")
    func understood() async throws {
        try await TestWitness.with { witness in
            let log = try MemoryLog()
            let unknown = try MemoryLog(origin: "log.example/unknown")
            try await witness.serving { url in
                for url in [url, url + "/"] {
                    let client = try WitnessClient(url: url)
                    guard case .cosigned(let lines) = try await client.add(log.request(url.hasSuffix("/") ? 5 : 0, 5))
                    else {
                        Issue.record("not cosigned")
                        return
                    }
                    #expect(lines.signatures.map(\.key) == [witness.cosigner.verifier.key])
                    #expect(try await client.add(log.request(3, 7)) == .otherSize(5))
                    #expect(try await client.add(log.request(5, 7, proof: [])) == .refused(status: 422))
                    #expect(try await client.add(unknown.request(0, 7)) == .refused(status: 404))
                }
            }
        }
    }

    @Test("a witness with a certificate of a private authority is trusted if that authority is given, and only then")
    func privateAuthority() async throws {
        try await TestWitness.with { witness in
            let (certificate, key) = (witness.path("certificate.pem"), witness.path("key.pem"))
            for (certificate, key) in [(certificate, key), (witness.path("other.pem"), witness.path("other.key"))] {
                let status = try await OtherProcess.run(
                    "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                    "-nodes", "-days", "2", "-subj", "/CN=witness", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                    key, "-out", certificate)
                try #require(status == 0)
            }
            let request = try MemoryLog().request(0, 5)
            let other = witness.path("other.pem")
            try await witness.serving(tls: .init(certificatePath: certificate, keyPath: key)) { url in
                for authorities in [nil, other] {
                    await #expect {
                        _ = try await WitnessClient(url: url, authorities: authorities).add(request)
                    } throws: { error in
                        if case .unreachable = error as? WitnessClientError { true } else { false }
                    }
                }
                guard case .cosigned = try await WitnessClient(url: url, authorities: certificate).add(request) else {
                    Issue.record("not cosigned")
                    return
                }
            }
            for path in [key, witness.path("missing"), witness.folder] {
                #expect(throws: WitnessClientError.invalidAuthorities(path)) {
                    try WitnessClient(url: "https://witness.example", authorities: path)
                }
            }
        }
    }

    @Test("answers that are not of the specification are refused, however they are wrong")
    func nonsense() async throws {
        let line = "\u{2014} w AAAAAAE=\n"
        let size = "text/x.tlog.size"
        let malformed: [(Int, String, String)] = [
            (200, "text/plain", ""), (200, "text/plain", "\n"), (200, "text/plain", "- w AAAAAAE=\n"),
            (200, "text/plain", String(line.dropLast())), (200, "text/html", "<html>"),
            (200, "text/plain", String(repeating: line, count: 101)),
            (200, "text/plain", String(repeating: "x", count: 10_000_000)), (409, size, ""), (409, size, "5"),
            (409, size, "-5\n"), (409, size, "05\n"), (409, size, "9223372036854775808\n"),
            (409, size, String(repeating: "5", count: 1_000_000)),
        ]
        for (status, type, body) in malformed {
            await #expect(throws: WitnessClientError.malformedAnswer, "\(status) \(body.prefix(20))") {
                try await Self.answer(to: status, type, body)
            }
        }
        let understood: [(Int, String, String, WitnessClient.Answer)] = [
            (409, size, "5\n", .otherSize(5)), (409, "Text/X.Tlog.Size; charset=utf-8", "5\n", .otherSize(5)),
            (409, "text/plain", "5\n", .refused(status: 409)), (404, size, "5\n", .refused(status: 404)),
            (500, "text/plain", String(repeating: "x", count: 10_000_000), .refused(status: 500)),
            (204, "text/plain", "", .refused(status: 204)),
        ]
        for (status, type, body, answer) in understood {
            #expect(try await Self.answer(to: status, type, body) == answer)
        }
    }

    @Test("redirects are not followed", arguments: [301, 302, 303, 307, 308])
    func redirects(status: Int) async throws {
        try await TestWitness.with { witness in
            let log = try MemoryLog()
            try await witness.serving { url in
                let answer = try await Self.answer(to: status, "text/plain", "", location: url + "/add-checkpoint")
                #expect(answer == .refused(status: UInt(status)))
                #expect(try await WitnessClient(url: url).add(log.request(0, 5)) != .otherSize(5))
            }
        }
    }

    @Test("nobody there: one line that says so")
    func nobody() async throws {
        let url = try await TestWitness.with { try await $0.serving { $0 } }
        await #expect {
            _ = try await WitnessClient(url: url).add(MemoryLog().request(0, 5))
        } throws: { error in
            guard case .unreachable(let reason) = error as? WitnessClientError else { return false }
            return !reason.isEmpty && !reason.contains("\n")
        }
    }

    @Test(
        "an address is https, or http on this machine, and nothing besides",
        arguments: [
            ("https://witness.example", true), ("https://witness.example/a/b/", true), ("http://127.0.0.1:80", true),
            ("http://localhost", true), ("http://[::1]:80", true), ("http://witness.example", false),
            ("http://10.0.0.1", false), ("ftp://witness.example", false), ("witness.example", false), ("", false),
            ("https://", false), ("https:///a", false), ("https://u:p@witness.example", false),
            ("https://witness.example?a", false), ("https://witness.example#a", false), ("file:///etc/passwd", false),
        ])
    func addresses(url: String, isGood: Bool) {
        #expect(((try? WitnessClient(url: url)) != nil) == isGood)
    }

    /// What the client makes of a server that answers in this way.
    private static func answer(
        to status: Int, _ type: String, _ body: String, location: String? = nil
    ) async throws -> WitnessClient.Answer {
        let router = Router()
        router.post("add-checkpoint") { _, _ in
            var headers: HTTPFields = [.contentType: type]
            headers[.location] = location
            return Response(
                status: .init(code: status), headers: headers,
                body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
        }
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let (ports, running) = AsyncStream.makeStream(of: Int.self)
        let server = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { running.yield($0.localAddress?.port ?? 0) }, logger: quiet)
        return try await withServices([server], logger: quiet) {
            guard let port = await ports.first(where: { _ in true }) else { throw NotStarted() }
            return try await WitnessClient(url: "http://127.0.0.1:\(port)").add(MemoryLog().request(0, 5))
        }
    }
}

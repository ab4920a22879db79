import Metrics
import MetricsTestKit
import Testing

@testable import Edge

@Suite("Connections", .timeLimit(.minutes(10)))
struct ConnectionTests {
    private static func settings(_ change: (inout ConnectionLimits) -> Void) -> ServerSettings {
        var limits = ConnectionLimits()
        change(&limits)
        return ServerSettings(port: 0, limits: limits)
    }

    @Test("a connection is kept for the next request")
    func keepAlive() async throws {
        try await TestServer.run { server in
            try await RawConnection.open(port: server.port) { connection in
                for _ in 0..<3 {
                    try await connection.send("GET /v1/id HTTP/1.1\r\nHost: x\r\n\r\n")
                    let answer = try await connection.answer()
                    #expect(answer.status == 200)
                    #expect(answer.headers["connection"] == nil)
                }
            }
        }
    }

    @Test(
        "a connection is closed after the response where the request says so",
        arguments: [
            "GET /v1/id HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            "GET /v1/id HTTP/1.1\r\nHost: x\r\nConnection: Close\r\n\r\n",
            "GET /v1/id HTTP/1.1\r\nHost: x\r\nConnection: x, close\r\n\r\n",
            "GET /v1/id HTTP/1.0\r\n\r\n", "GET /v1/id HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            "GET /v1/id HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        ])
    func close(request: String) async throws {
        try await TestServer.run { server in
            try await RawConnection.open(port: server.port) { connection in
                try await connection.send(request + "GET /v1/id HTTP/1.1\r\nHost: x\r\n\r\n")
                let answer = try await connection.answer()
                #expect(answer.status == 200)
                #expect(answer.headers["connection"] == "close")
                #expect(await connection.untilClosed() == 0)
            }
        }
    }

    @Test("a client that closes its side still gets its response")
    func halfClosed() async throws {
        try await TestServer.run { server in
            try await RawConnection.open(port: server.port) { connection in
                try await connection.send("GET /v1/id HTTP/1.1\r\nHost: x\r\n\r\n")
                connection.endInput()
                #expect(try await connection.answer().status == 200)
                #expect(await connection.untilClosed() == 0)
            }
        }
    }

    @Test("a streamed response is chunked, but not for HTTP/1.0")
    func streaming() async throws {
        try await TestServer.run { server in
            let new = try await RawConnection.exchange("GET /v1/stream HTTP/1.1\r\nHost: x\r\n\r\n", port: server.port)
            #expect(new.headers["transfer-encoding"] == "chunked")
            #expect(new.text == "part part part ")
            let old = try await RawConnection.exchange("GET /v1/stream HTTP/1.0\r\n\r\n", port: server.port)
            #expect(old.headers[""] == "HTTP/1.0")
            #expect(old.headers["transfer-encoding"] == nil)
            #expect(old.text == "part part part ")
        }
    }

    @Test(
        "a response to a request that ends the connection arrives whole",
        arguments: ["Connection: close\r\n", "Connection: Upgrade\r\nUpgrade: h2c\r\n"])
    func wholeResponse(header: String) async throws {
        try await TestServer.run { server in
            let answer = try await RawConnection.exchange(
                "GET /v1/large HTTP/1.1\r\nHost: x\r\n\(header)\r\n", port: server.port)
            #expect(answer.body.count == 16 * 1_024 * 1_024)
        }
    }

    @Test("a graceful shutdown does not cut a response that is being sent")
    func wholeResponseInShutdown() async throws {
        try await TestServer.run { server in
            try await RawConnection.open(port: server.port) { connection in
                try await connection.send("GET /v1/large HTTP/1.1\r\nHost: x\r\n\r\n")
                await server.gate.arrived(1)
                await server.shutDown()
                #expect(try await connection.answer().body.count == 16 * 1_024 * 1_024)
                #expect(await connection.untilClosed() == 0)
            }
        }
    }

    @Test("a body that breaks off after its response ends the connection without a second response")
    func brokenBody() async throws {
        try await TestServer.run { server in
            try await RawConnection.open(port: server.port) { connection in
                try await connection.send("POST /v1/ignore HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
                #expect(try await connection.answer().text == "ignored")
                try await connection.send("not a chunk\r\n")
                #expect(await connection.untilClosed() == 0)
            }
        }
    }

    @Test("a response to HEAD has the length of the body it does not have")
    func head() async throws {
        try await TestServer.run { server in
            try await RawConnection.open(port: server.port) { connection in
                try await connection.send("HEAD /v1/things/1 HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try await connection.answer(isHead: true).headers["content-length"] == "7")
                try await connection.send("HEAD /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try await connection.answer(isHead: true).status == 404)
                try await connection.send("GET /v1/things/1 HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try await connection.answer().text == "thing 1")
            }
        }
    }

    @Test("a client that waits for it is told to go on")
    func expectContinue() async throws {
        try await TestServer.run { server in
            try await RawConnection.open(port: server.port) { connection in
                try await connection.send(
                    "POST /v1/echo HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n")
                #expect(try await connection.answer().status == 100)
                try await connection.send("hello")
                #expect(try await connection.answer().text == "5")
            }
        }
    }

    @Test("a body over the limit is refused by its declared length before it is read")
    func declaredLength() async throws {
        try await TestServer.run { server in
            try await RawConnection.open(port: server.port) { connection in
                try await connection.send(
                    "POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                        + "Content-Length: 10000000\r\n\r\n")
                let answer = try await connection.answer()
                #expect(answer.status == 413)
                #expect(answer.headers["connection"] == "close")
                #expect(await connection.untilClosed() == 0)
            }
        }
    }

    @Test("a chunked body over the limit is refused where it exceeds it")
    func chunkedLength() async throws {
        try await TestServer.run { server in
            try await RawConnection.open(port: server.port) { connection in
                let chunk = "800\r\n\(String(repeating: " ", count: 2_048))\r\n"
                try await connection.send(
                    "POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n\(chunk)\(chunk)\(chunk)")
                #expect(try await connection.answer().status == 413)
                try await connection.send("0\r\n\r\nGET /v1/id HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try await connection.answer().status == 200)
            }
        }
    }

    @Test("the rest of a body nobody wants is read so far, and no further")
    func discarding() async throws {
        let settings = Self.settings { $0.maximumDiscardedBytes = 8_192 }
        try await TestServer.run(settings: settings) { server in
            try await RawConnection.open(port: server.port) { connection in
                try await connection.send("POST /v1/ignore HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
                #expect(try await connection.answer().text == "ignored")
                let chunk = "400\r\n\(String(repeating: "x", count: 1_024))\r\n"
                for _ in 0..<8 { try await connection.send(chunk) }
                try await connection.send(
                    "0\r\n\r\nPOST /v1/ignore HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
                #expect(try await connection.answer().text == "ignored")
                for _ in 0..<9 { try? await connection.send(chunk) }
                #expect(await connection.untilClosed() == 0)
            }
        }
    }

    @Test(
        "a client that does not go on is cut off",
        arguments: [
            ("", "idle"), ("GET /v1/id HTTP/1.1\r\nHost: x\r\n\r\n", "idle"), ("G", "head"),
            ("GET /v1/id HTTP/1.1\r\nHost: x\r\n", "head"),
            ("POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhello", "body"),
            ("POST /v1/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "body"),
            ("GET /v1/wait HTTP/1.1\r\nHost: x\r\n\r\n", "response"),
        ])
    func deadlines(request: String, phase: String) async throws {
        // Only the limit in question is short, so that a busy machine cannot exceed another one first.
        let settings = Self.settings { limits in
            switch phase {
            case "idle": limits.idleTimeout = .milliseconds(100)
            case "head": limits.headDeadline = .milliseconds(100)
            default: limits.requestDeadline = .milliseconds(100)
            }
        }
        let metrics = TestMetrics()
        try await withMetricsFactory(metrics) {
            try await TestServer.run(settings: settings) { server in
                try await RawConnection.open(port: server.port) { connection in
                    if !request.isEmpty { try await connection.send(request) }
                    _ = await connection.untilClosed()
                }
            }
        }
        #expect(try metrics.expectCounter(Self.timedOut, [("phase", phase)]).totalValue == 1)
        #expect(try metrics.expectMeter("http_server_connections_open").values.last == 0)
    }

    private static let timedOut = "http_server_connections_timed_out_total"

    @Test("a head that trickles is cut off at its deadline, however steadily it comes")
    func slowHead() async throws {
        let metrics = TestMetrics()
        try await withMetricsFactory(metrics) {
            try await TestServer.run(settings: Self.settings { $0.headDeadline = .milliseconds(200) }) { server in
                try await RawConnection.open(port: server.port) { connection in
                    try await connection.send("GET /v1/id HTTP/1.1\r\nHost: x\r\nX-A: ")
                    let cut = try metrics.expectCounter(Self.timedOut, [("phase", "head")])
                    try await eventually {
                        connection.sendLater("b")
                        return cut.totalValue == 1
                    }
                }
            }
        }
    }

    @Test("a client that does not read its response is cut off")
    func slowReader() async throws {
        let metrics = TestMetrics()
        try await withMetricsFactory(metrics) {
            try await TestServer.run(settings: Self.settings { $0.requestDeadline = .milliseconds(200) }) { server in
                try await RawConnection.open(port: server.port) { connection in
                    try await connection.send("GET /v1/flood HTTP/1.1\r\nHost: x\r\n\r\n")
                    let cut = try metrics.expectCounter(Self.timedOut, [("phase", "response")])
                    try await eventually { cut.totalValue == 1 }
                    #expect(await connection.untilClosed() < 512 * 1_024 * 1_024)
                }
            }
        }
    }

    @Test("connections beyond the limit wait until one closes")
    func connectionLimit() async throws {
        try await TestServer.run(settings: Self.settings { $0.maximumConnections = 2 }) { server in
            server.gate.open()
            let request = "GET /v1/id HTTP/1.1\r\nHost: x\r\n\r\n"
            let waiting = try await RawConnection.open(port: server.port) { first in
                try await first.send(request)
                _ = try await first.answer()
                return try await RawConnection.open(port: server.port) { second in
                    try await second.send(request)
                    _ = try await second.answer()
                    let third = Task {
                        try await RawConnection.exchange("GET /v1/wait HTTP/1.1\r\nHost: x\r\n\r\n", port: server.port)
                    }
                    // Both connections in service are still served while the third waits.
                    for _ in 0..<100 {
                        try await first.send(request)
                        _ = try await first.answer()
                    }
                    #expect(server.gate.arrivals == 0)
                    return third
                }
            }
            #expect(try await waiting.value.status == 200)
            #expect(server.gate.arrivals == 1)
        }
    }

    @Test("a graceful shutdown answers what was accepted, closes what is idle, and accepts nothing")
    func gracefulShutdown() async throws {
        try await TestServer.run { server in
            try await RawConnection.open(port: server.port) { busy in
                try await RawConnection.open(port: server.port) { idle in
                    try await idle.send("GET /v1/id HTTP/1.1\r\nHost: x\r\n\r\n")
                    _ = try await idle.answer()
                    try await busy.send("GET /v1/wait HTTP/1.1\r\nHost: x\r\n\r\n")
                    await server.gate.arrived(1)
                    await server.shutDown()
                    #expect(await idle.untilClosed() == 0)
                    await #expect(throws: (any Error).self) {
                        try await RawConnection.exchange("GET /v1/id HTTP/1.1\r\nHost: x\r\n\r\n", port: server.port)
                    }
                    server.gate.open()
                    #expect(try await busy.answer().text == "waited")
                    #expect(await busy.untilClosed() == 0)
                }
            }
        }
    }
}

import Testing

@testable import Edge

@Suite("Requests on the wire", .timeLimit(.minutes(10)))
struct RequestHeadTests {
    private static let end = "\r\n\r\n"
    private static let host = "Host: x\r\n"

    static let accepted: [(String, Int)] = [
        ("GET /v1/id HTTP/1.1\r\nHost: x\(end)", 200), ("GET /v1/id HTTP/1.1\r\nHost:\(end)", 200),
        ("GET /v1/id HTTP/1.1\r\nhost: [::1]:80\(end)", 200), ("GET /v1/id HTTP/1.0\(end)", 200),
        ("GET /v1/id HTTP/1.0\r\nHost: x\(end)", 200), ("GET http://x/v1/id HTTP/1.1\r\nHost: x\(end)", 200),
        ("GET /v1/id?a=%00 HTTP/1.1\r\nHost: x\(end)", 200), ("\r\nGET /v1/id HTTP/1.1\r\nHost: x\(end)", 200),
        ("GET /v1/id HTTP/1.1\r\nHost: x\r\nX-A: \t b\tc \(end)", 200),
        ("GET /v1/id HTTP/1.1\r\nHost: x\r\nX-A: é\(end)", 200),
        ("OPTIONS * HTTP/1.1\r\nHost: x\(end)", 404), ("DELETE /v1/id HTTP/1.1\r\nHost: x\(end)", 405),
        ("TRACE /v1/id HTTP/1.1\r\nHost: x\(end)", 405), ("PROPFIND /v1/id HTTP/1.1\r\nHost: x\(end)", 405),
        ("GET /v1/id HTTP/1.1\r\nHost: x\r\nX-A: \(String(repeating: "a", count: 8_000))\(end)", 200),
        ("GET /v1/id HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\(end)", 200),
        ("GET /v1/id HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\(end)", 200),
    ]

    static let refused: [(String, Int)] = [
        ("GET /v1/id HTTP/1.1\(end)", 400), ("GET /v1/id HTTP/1.1\r\nHost: x\r\nHost: x\(end)", 400),
        ("GET /v1/id HTTP/1.0\r\nHost: x\r\nHost: y\(end)", 400), ("GET /v1/id HTTP/1.1\r\nHost: x,y\(end)", 400),
        ("GET /v1/id HTTP/1.1\r\nHost: a b\(end)", 400), ("GET /v1/id HTTP/1.1\r\nHost: u@x\(end)", 400),
        ("GET v1/id HTTP/1.1\r\nHost: x\(end)", 400), ("GET * HTTP/1.1\r\nHost: x\(end)", 400),
        ("GET ftp://x/ HTTP/1.1\r\nHost: x\(end)", 400), ("CONNECT x:443 HTTP/1.1\r\nHost: x\(end)", 400),
        ("GET /v1/id#x HTTP/1.1\r\nHost: x\(end)", 400), ("GET /v1/\u{E9} HTTP/1.1\r\nHost: x\(end)", 400),
        ("GET /v1/\u{1} HTTP/1.1\r\nHost: x\(end)", 400), ("GET /v1 /id HTTP/1.1\r\nHost: x\(end)", 400),
        ("GET /v1/id HTTP/2.0\r\nHost: x\(end)", 400), ("GET /v1/id HTTP/0.9\r\nHost: x\(end)", 400),
        ("GET /v1/id HTTP/1.2\r\nHost: x\(end)", 400), ("GET /v1/id\r\n\r\n", 400), ("garbage\r\n\r\n", 400),
        ("\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}", 400), ("get /v1/id HTTP/1.1\r\nHost: x\(end)", 400),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        ("GET /v1/id HTTP/1.1\r\nHost: x\r\nX-A : b\(end)", 400), ("GET /v1/id HTTP/1.1\r\nHost: x\r\n: b\(end)", 400),
        ("GET /v1/id HTTP/1.1\r\nHost: x\r\nX-A: b\r\n folded\(end)", 400),
        ("GET /v1/id HTTP/1.1\r\nHost: x\r\nX-A: b\0c\(end)", 400),
        ("GET /v1/id HTTP/1.1\r\nHost: x\r\nX-A: b\u{1}c\(end)", 400),
        ("GET /v1/id HTTP/1.1\r\nHost: x\r\nX-A: b\u{7F}c\(end)", 400),
        ("GET /v1/id HTTP/1.1\r\nHost: x\r\nX-A: b\rc\(end)", 400),
        ("GET /v1/id HTTP/1.1\r\nHost: x\r\nX(A): b\(end)", 400),
        ("POST /v1/ignore HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\(end)", 417),
        ("GET /v1/id HTTP/1.1\r\nHost: x\r\nX-A: \(String(repeating: "a", count: 8_200))\(end)", 431),
        ("GET /v1/id?\(String(repeating: "a", count: 8_200)) HTTP/1.1\r\nHost: x\(end)", 431),
        (
            "GET /v1/id HTTP/1.1\r\nHost: x\r\n"
                + (0..<3).map { "X-\($0): \(String(repeating: "a", count: 6_000))\r\n" }.joined() + "\r\n", 431
        ),
        ("GET /v1/id HTTP/1.1\r\nHost: x\r\n" + (0..<64).map { "X-\($0): a\r\n" }.joined() + "\r\n", 431),
    ]

    static let smuggling: [String] = [
        "POST /v1/echo HTTP/1.1\r\n\(host)Content-Length: 5\r\nTransfer-Encoding: chunked\(end)0\r\n\r\n",
        "POST /v1/echo HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\nContent-Length: 5\(end)0\r\n\r\n",
        "POST /v1/echo HTTP/1.1\r\n\(host)Content-Length: 5\r\nContent-Length: 6\(end)hello",
        "POST /v1/echo HTTP/1.1\r\n\(host)Content-Length: 5\r\nContent-Length: 5\(end)hello",
        "POST /v1/echo HTTP/1.1\r\n\(host)Content-Length: 5, 5\(end)hello",
        "POST /v1/echo HTTP/1.1\r\n\(host)Content-Length: +5\(end)hello",
        "POST /v1/echo HTTP/1.1\r\n\(host)Content-Length: -5\(end)hello",
        "POST /v1/echo HTTP/1.1\r\n\(host)Content-Length: 0x5\(end)hello",
        "POST /v1/echo HTTP/1.1\r\n\(host)Content-Length: 5 5\(end)hello",
        "POST /v1/echo HTTP/1.1\r\n\(host)Content-Length: 99999999999999999999\(end)hello",
        "POST /v1/echo HTTP/1.1\r\n\(host)Content-Length:\(end)hello",
        "POST /v1/echo HTTP/1.1\r\n\(host)Content-Length : 5\(end)hello",
        "POST /v1/echo HTTP/1.1\r\n\(host)Transfer-Encoding: gzip, chunked\(end)0\r\n\r\n",
        "POST /v1/echo HTTP/1.1\r\n\(host)Transfer-Encoding: chunked, chunked\(end)0\r\n\r\n",
        "POST /v1/echo HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\(end)0\r\n\r\n",
        "POST /v1/echo HTTP/1.1\r\n\(host)Transfer-Encoding: identity\(end)",
        "POST /v1/echo HTTP/1.1\r\n\(host)Transfer-Encoding: xchunked\(end)0\r\n\r\n",
        "POST /v1/echo HTTP/1.1\r\n\(host)Transfer-Encoding: \u{B}chunked\(end)0\r\n\r\n",
        "POST /v1/echo HTTP/1.1\r\n\(host)Transfer-Encoding:\(end)0\r\n\r\n",
        "POST /v1/echo HTTP/1.1\r\n\(host)Transfer_Encoding: chunked\r\nTransfer-Encoding : chunked\(end)0\r\n\r\n",
        "POST /v1/echo HTTP/1.0\r\n\(host)Transfer-Encoding: chunked\(end)0\r\n\r\n",
        "POST /v1/echo HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\(end)x\r\n",
        "POST /v1/echo HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\(end)-1\r\n",
        "POST /v1/echo HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\(end)5\r\nhelloXX0\r\n\r\n",
        "POST /v1/echo HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\(end)FFFFFFFFFFFFFFFFF\r\n",
    ]

    @Test("a request in order is answered", arguments: accepted)
    func accepts(request: String, status: Int) async throws {
        try await TestServer.run { server in
            let answer = try await RawConnection.exchange(request, port: server.port)
            #expect(answer.status == status, "\(answer.text)")
            #expect(answer.headers["x-request-id"] != nil)
        }
    }

    @Test("a request out of order is refused with a problem document, and the connection closed", arguments: refused)
    func refuses(request: String, status: Int) async throws {
        try await TestServer.run { server in
            try await RawConnection.open(port: server.port) { connection in
                try await connection.send(request)
                let answer = try await connection.answer()
                #expect(answer.status == status, "\(answer.text)")
                #expect(answer.headers["connection"] == "close")
                #expect(answer.headers["content-type"] == "application/problem+json")
                let problem = try ProblemDocument(answer.body)
                #expect(problem.status == Int64(status))
                #expect(problem.requestID == answer.headers["x-request-id"])
                #expect(await connection.untilClosed() == 0)
            }
        }
    }

    @Test("what two readers could frame differently is refused, and nothing behind it is read", arguments: smuggling)
    func framing(request: String) async throws {
        try await TestServer.run { server in
            try await RawConnection.open(port: server.port) { connection in
                try await connection.send(request + "GET /v1/id HTTP/1.1\r\nHost: x\r\n\r\n")
                let answer = try await connection.answer()
                #expect(answer.status == 400, "\(answer.text)")
                #expect(answer.headers["connection"] == "close")
                #expect(await connection.untilClosed() == 0)
            }
        }
    }

    @Test("requests in one packet are answered in order, and the first bad one ends the connection")
    func pipelining() async throws {
        try await TestServer.run { server in
            try await RawConnection.open(port: server.port) { connection in
                let good = (0..<20).map { "GET /v1/things/\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined()
                try await connection.send(good + "GET / HTTP/1.1\r\n\r\n" + good)
                for id in 0..<20 { #expect(try await connection.answer().text == "thing \(id)") }
                let last = try await connection.answer()
                #expect(last.status == 400)
                #expect(last.headers["connection"] == "close")
                #expect(await connection.untilClosed() == 0)
            }
        }
    }

    @Test("bytes of a request may come one by one")
    func trickle() async throws {
        try await TestServer.run { server in
            try await RawConnection.open(port: server.port) { connection in
                let body = #"{"units":7}"#
                let request =
                    "POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n4\r\n\(body.prefix(4))\r\n7\r\n\(body.dropFirst(4))\r\n0\r\n\r\n"
                for byte in request.utf8 { try await connection.send([byte]) }
                #expect(try await connection.answer().text == "7 -")
            }
        }
    }
}

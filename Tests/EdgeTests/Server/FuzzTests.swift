import Testing

@testable import Edge

@Suite("Damaged requests", .timeLimit(.minutes(10)))
struct FuzzTests {
    private static let samples: [String] =
        RequestHeadTests.accepted.map(\.0) + RequestHeadTests.refused.map(\.0) + RequestHeadTests.smuggling + [
            "POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n"
                + #"{"units":7}"#
        ]

    @Test("whatever comes, a connection ends, and the service goes on")
    func damaged() async throws {
        var limits = ConnectionLimits()
        limits.idleTimeout = .milliseconds(50)
        limits.headDeadline = .milliseconds(50)
        limits.requestDeadline = .milliseconds(50)
        limits.lingerTimeout = .milliseconds(20)
        var generator = SeededGenerator()
        let requests = (0..<400).map { _ in Self.damage(&generator) }
        try await TestServer.run(settings: ServerSettings(port: 0, limits: limits)) { server in
            await withTaskGroup(of: Void.self) { group in
                for (index, request) in requests.enumerated() {
                    if index >= 16 { await group.next() }
                    group.addTask {
                        // A reset while sending is as good an end as any other.
                        try? await RawConnection.open(port: server.port) { connection in
                            try await connection.send(request)
                            _ = await connection.untilClosed()
                        }
                    }
                }
            }
            // With limits this short a busy machine may cut a good request as well, but not every one.
            let request = RequestHeadTests.accepted[0].0
            while (try? await RawConnection.exchange(request, port: server.port))?.status != 200 {}
        }
    }

    /// One or two samples with some bytes replaced, removed, doubled or inserted.
    private static func damage(_ generator: inout SeededGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...2, using: &generator) {
            bytes += Array((samples.randomElement(using: &generator) ?? "").utf8)
        }
        for _ in 0..<Int.random(in: 1...6, using: &generator) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes[index] = .random(in: 0...255, using: &generator)
            case 1: bytes.remove(at: index)
            case 2: bytes.insert(bytes[index], at: index)
            default: bytes.insert(Array("\r\n :\0,;/".utf8).randomElement(using: &generator) ?? 0, at: index)
            }
        }
        return bytes
    }
}

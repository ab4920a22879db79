import Foundation
import Synchronization
import TortureHistory

/// Clients that don't behave. What they ask for is asked for with a wish like any other, so what came of it is settled
/// by asking again.
enum RawClients {
    /// How many bytes at a time, and how long between.
    private static let sip = 24
    private static let sipPause = 0.01

    static func slow(_ count: Int, _ context: inout FaultContext) async {
        await each(count, &context) { bytes, descriptor, random in
            var rest = bytes[...]
            while !rest.isEmpty {
                guard Sockets.send(rest.prefix(sip), to: descriptor) else { break }
                rest = rest.dropFirst(sip)
                Thread.sleep(forTimeInterval: sipPause)
            }
            // The answer is taken slowly, too.
            var buffer = [UInt8](repeating: 0, count: sip)
            for _ in 0..<5 where recv(descriptor, &buffer, sip, 0) > 0 { Thread.sleep(forTimeInterval: sipPause) }
            close(descriptor)
        }
    }

    static func vanishing(_ count: Int, _ context: inout FaultContext) async {
        await each(count, &context) { bytes, descriptor, random in
            let sent = random.chance(50) ? bytes.count : Int.random(in: 1...bytes.count, using: &random)
            _ = Sockets.send(bytes[..<sent], to: descriptor)
            if random.chance(50) { Thread.sleep(forTimeInterval: Double.random(in: 0...0.02, using: &random)) }
            if random.chance(50) { Sockets.reset(descriptor) } else { close(descriptor) }
        }
    }

    /// A capture for each, sent by `body` on a thread of its own. Nobody hears the answer.
    private static func each(
        _ count: Int, _ context: inout FaultContext,
        _ body: @escaping @Sendable ([UInt8], Int32, inout SeededRandom) -> Void
    ) async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<count {
                guard let account = context.accounts.randomElement(using: &context.random) else { return }
                let caller = context.caller
                let wish = caller.recorder.wish(.capture(context.random.uuid(), hold: nil, paid: true), of: account)
                let port = context.gateway.port
                let seed = context.random.next()
                group.addTask {
                    await withCheckedContinuation { continuation in
                        Thread.detachNewThread {
                            var random = SeededRandom(seed)
                            let id = random.uuid()
                            let bytes = HTTPRequestText(wish, id: id, token: caller.token(wish)).bytes(port: port)
                            let invoked = Caller.now
                            if let descriptor = try? Sockets.connect(port: port) { body(bytes, descriptor, &random) }
                            caller.recorder.add(
                                Attempt(
                                    wish: wish.number, request: id, invoked: invoked, answered: Caller.now,
                                    answer: .unknown("the client did not listen")))
                            continuation.resume()
                        }
                    }
                }
            }
        }
    }

    /// - Returns: how many bytes were taken from the clients before they were stopped.
    static func endless(_ count: Int, _ context: FaultContext, for time: Duration) async -> Int {
        let port = context.gateway.port
        guard let account = context.accounts.first, let token = context.caller.tokens[account] else { return 0 }
        let sent = Atomic<Int>(0)
        await withTaskGroup(of: Int.self) { group in
            for number in 0..<count {
                group.addTask {
                    await withCheckedContinuation { continuation in
                        Thread.detachNewThread {
                            continuation.resume(returning: pour(port, token, isChunked: number % 2 == 0, for: time))
                        }
                    }
                }
            }
            for await bytes in group { sent.add(bytes, ordering: .relaxed) }
        }
        return sent.load(ordering: .relaxed)
    }

    private static func pour(_ port: Int, _ token: String, isChunked: Bool, for time: Duration) -> Int {
        guard let descriptor = try? Sockets.connect(port: port) else { return 0 }
        defer { close(descriptor) }
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let length = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: 9007199254740991"
        let head = """
            POST /v1/credits/check HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nAuthorization: Bearer \(token)\r
            Content-Type: application/json\r\n\(length)\r\n\r\n
            """
        let filling = String(repeating: " ", count: 4_096)
        let part = Array((isChunked ? "1000\r\n\(filling)\r\n" : filling).utf8)
        guard Sockets.send(Array(head.utf8)[...], to: descriptor) else { return 0 }
        let deadline = ContinuousClock.now + time
        var sent = 0
        while ContinuousClock.now < deadline, Sockets.send(part[...], to: descriptor) {
            sent += part.count
            Thread.sleep(forTimeInterval: 0.001)
        }
        return sent
    }

    static func idle(_ count: Int, port: Int) async -> [Int32] {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var open: [Int32] = []
                while open.count < count, let descriptor = try? Sockets.connect(port: port) { open.append(descriptor) }
                continuation.resume(returning: open)
            }
        }
    }
}

import BenchmarkReport
import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Captures that come at a fixed rate whether or not the earlier ones are answered, as those of many people do.
///
/// The time of an answer counts from when its request was due, not from when a connection was free for it: a service
/// that stalls is charged for everybody who came meanwhile (coordinated omission).
struct OpenLoop {
    struct Result: Sendable {
        var histogram = LatencyHistogram()
        var sent = 0
        var seconds = 0.0
    }

    /// How long the last answers may take.
    private static let drainSeconds = 30.0

    private let epoch = ContinuousClock.now
    private let rate: Double
    private let seconds: Double
    private var random = SystemRandomNumberGenerator()
    private let requests: CaptureRequests
    private var connections: [KeepAliveConnection] = []
    private var idle: [Int]

    init(port: Int, connections count: Int, tokens: [String], rate: Double, seconds: Int) throws {
        self.rate = rate
        self.seconds = Double(seconds)
        requests = CaptureRequests(tokens: tokens)
        for _ in 0..<count { connections.append(try KeepAliveConnection(port: port)) }
        idle = Array(0..<count)
    }

    /// On a thread of its own: it waits for the network most of the time.
    static func run(
        port: Int, connections: Int, tokens: [String], rate: Double, seconds: Int
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Swift.Result {
                        var loop = try OpenLoop(
                            port: port, connections: connections, tokens: tokens, rate: rate, seconds: seconds)
                        return try loop.run()
                    })
            }
        }
    }

    private mutating func run() throws -> Result {
        var result = Result()
        let total = Int(rate * seconds)
        let start = now()
        let rate = rate
        func due(_ number: Int) -> Double { start + Double(number) / rate }
        while result.histogram.count < total {
            let time = now()
            while result.sent < total, due(result.sent) <= time, let free = idle.popLast() {
                try connections[free].send(requests.make(using: &random), due: due(result.sent))
                result.sent += 1
            }
            guard time < start + seconds + Self.drainSeconds else {
                throw BenchFailure("INVARIANT: open loop: \(total - result.histogram.count) requests got no answer")
            }
            let wait = result.sent < total && !idle.isEmpty ? max(0, due(result.sent) - now()) : 0.1
            for index in try waitForAnswers(atMost: wait) {
                guard let due = try connections[index].receive() else { continue }
                result.histogram.record(Int((now() - due) * 1e6))
                idle.append(index)
            }
        }
        result.seconds = now() - start
        return result
    }

    /// By `select`, whose time-out is in microseconds. Gives the connections on which something came.
    private func waitForAnswers(atMost seconds: Double) throws -> [Int] {
        var set = fd_set()
        var highest: Int32 = 0
        withUnsafeMutableBytes(of: &set) { bits in
            for connection in connections {
                bits[Int(connection.descriptor) / 8] |= 1 << UInt8(connection.descriptor % 8)
                highest = max(highest, connection.descriptor)
            }
        }
        var timeout = timeval(tv_sec: 0, tv_usec: suseconds_t(seconds * 1e6))
        let count = select(highest + 1, &set, nil, nil, &timeout)
        guard count >= 0 || errno == EINTR else { throw BenchFailure("select failed") }
        guard count > 0 else { return [] }
        return withUnsafeBytes(of: set) { bits in
            connections.indices.filter { index in
                let descriptor = connections[index].descriptor
                return bits[Int(descriptor) / 8] & 1 << UInt8(descriptor % 8) != 0
            }
        }
    }

    private func now() -> Double { (ContinuousClock.now - epoch) / .seconds(1) }
}

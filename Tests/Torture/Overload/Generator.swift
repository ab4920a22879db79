import Foundation
import NIOCore
import NIOPosix
import TortureHistory

/// Sends captures over many kept connections: as fast as they are answered, or at a rate that doesn't ask whether they
/// are. Everything in it belongs to one event loop.
final class Generator {
    private static let tick = TimeAmount.milliseconds(1)
    /// How long the last answers are waited for.
    private static let patience = Duration.seconds(20)

    let port: Int
    let maximumConnections: Int
    private let loop: any EventLoop
    private let makeRequest: () -> [UInt8]
    fileprivate var idle: [Line] = []
    private var open = 0
    private var waiting = 0
    private var measured = Measured()
    /// Requests a second; nil: a new one on each connection as soon as the last was answered.
    private var rate: Double?
    private var end = ContinuousClock.now
    private var begin = ContinuousClock.now
    private var sent = 0

    private init(
        loop: any EventLoop, port: Int, maximumConnections: Int, makeRequest: @escaping () -> [UInt8]
    ) {
        self.loop = loop
        self.port = port
        self.maximumConnections = maximumConnections
        self.makeRequest = makeRequest
    }

    struct Phase: Sendable {
        var rate: Double?
        var connections: Int
        var seconds: Double
    }

    /// Runs one phase on a loop of its own.
    static func run(
        _ phase: Phase, port: Int, makeRequest: @escaping @Sendable () -> [UInt8]
    ) async throws -> Measured {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let promise = loop.makePromise(of: Measured.self)
        loop.execute {
            let generator = Generator(
                loop: loop, port: port, maximumConnections: phase.connections, makeRequest: makeRequest)
            generator.start(phase, promise)
        }
        let measured = try await promise.futureResult.get()
        try await group.shutdownGracefully()
        return measured
    }

    private func start(_ phase: Phase, _ promise: EventLoopPromise<Measured>) {
        rate = phase.rate
        begin = .now
        end = begin + .seconds(phase.seconds)
        if rate == nil { for _ in 0..<maximumConnections { connect(due: .now) } }
        let repeated = NIOLoopBound((self, promise), eventLoop: loop)
        loop.scheduleRepeatedTask(initialDelay: Self.tick, delay: Self.tick) { task in
            let (generator, promise) = repeated.value
            if generator.turn() { return }
            task.cancel()
            generator.measured.seconds = phase.seconds
            generator.measured.broken += generator.waiting
            generator.measured.sort()
            promise.succeed(generator.measured)
        }
    }

    /// False when the time is over and everything was answered.
    private func turn() -> Bool {
        let now = ContinuousClock.now
        guard now < end else { return waiting > 0 && now < end + Self.patience }
        guard let rate else { return true }
        let due = Int((now - begin) / .seconds(1) * rate)
        while sent < due {
            let time = begin + .seconds(Double(sent) / rate)
            sent += 1
            if let line = idle.popLast() {
                line.send(makeRequest(), due: time)
                waiting += 1
            } else if open < maximumConnections {
                connect(due: time)
            } else {
                measured.unsent += 1
            }
        }
        return true
    }

    /// A new connection, and its first request.
    private func connect(due: ContinuousClock.Instant) {
        open += 1
        waiting += 1
        let line = Line(self)
        let bound = NIOLoopBound((self, line), eventLoop: loop)
        ClientBootstrap(group: loop).connectTimeout(.seconds(5))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(bound.value.1) }
            }
            .connect(host: "127.0.0.1", port: port)
            .whenComplete { result in
                let (generator, line) = bound.value
                switch result {
                case .success: line.send(generator.makeRequest(), due: due)
                case .failure: generator.lost(wasWaiting: true)
                }
            }
    }

    fileprivate func answered(_ line: Line, status: Int, due: ContinuousClock.Instant) {
        waiting -= 1
        let now = ContinuousClock.now
        measured.add(status: status, milliseconds: (now - due) / .milliseconds(1))
        if rate == nil, now < end {
            waiting += 1
            line.send(makeRequest(), due: now)
        } else {
            idle.append(line)
        }
    }

    fileprivate func lost(wasWaiting: Bool) {
        open -= 1
        if wasWaiting {
            waiting -= 1
            measured.broken += 1
        }
        if rate == nil, ContinuousClock.now < end { connect(due: .now) }
    }
}

/// One connection: a request, its answer, the next.
private final class Line: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let generator: Generator
    private var context: ChannelHandlerContext?
    private var due: ContinuousClock.Instant?
    private var received: [UInt8] = []

    init(_ generator: Generator) {
        self.generator = generator
    }

    func send(_ bytes: [UInt8], due: ContinuousClock.Instant) {
        self.due = due
        received.removeAll(keepingCapacity: true)
        guard let context else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.append(contentsOf: unwrapInboundIn(data).readableBytesView)
        guard let due, let status = Self.completeStatus(received) else { return }
        self.due = nil
        generator.answered(self, status: status, due: due)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        generator.idle.removeAll { $0 === self }
        generator.lost(wasWaiting: due != nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// The status, once head and body are there. Every answer of the service announces its length.
    private static func completeStatus(_ bytes: [UInt8]) -> Int? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound else { return nil }
        let head = String(decoding: bytes[..<end], as: UTF8.self).lowercased()
        guard let status = Int(head.dropFirst(9).prefix(3)) else { return nil }
        let length = head.split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
            .flatMap { Int($0.dropFirst(15).drop { $0 == " " }) }
        return bytes.count >= end + (length ?? 0) ? status : nil
    }
}

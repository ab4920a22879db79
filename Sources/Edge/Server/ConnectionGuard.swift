import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOTLS

/// Stands between the HTTP/1 codec and the server: refuses requests that break `RequestHeadRules`, answers what the
/// parser refuses with a problem document, and closes connections that take too long.
///
/// Everything runs on the connection's event loop.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let limits: ConnectionLimits
    private let metrics: ConnectionMetrics
    private var phases: ConnectionPhases
    private var timer: Scheduled<Void>?
    private var isRemoved = false
    /// Whether parts came since the last completed read; if none did, the bytes belong to an incomplete head.
    private var hasReadPart = false
    /// No request after the current one is read.
    private var isLast = false
    /// The last request was HTTP/1.0, so its response must not be chunked.
    private var isOldVersion = false
    /// The codec has stopped parsing and would only collect bytes.
    private var holdsReads = false
    /// What the current request's head says of its body; nil if it is chunked.
    private var declaredLength: Int? = 0
    private var discardedBytes = 0
    /// To be written after the responses still owed.
    private var pendingRefusal: ProblemDetails?

    init(limits: ConnectionLimits, secure: Bool, metrics: ConnectionMetrics) {
        self.limits = limits
        self.metrics = metrics
        phases = ConnectionPhases(limits: limits, secure: secure, at: .now())
    }
}

// MARK: - Inbound

extension ConnectionGuard {
    func handlerAdded(context: ChannelHandlerContext) {
        metrics.opened()
        schedule(in: context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        metrics.closed()
        isRemoved = true
        timer?.cancel()
        timer = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        hasReadPart = true
        guard phases.phase != .lingering else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            read(head, context: context)
        case .body(let bytes):
            guard phases.phase == .body else { return }
            if phases.unanswered == 0 { return discard(bytes.readableBytes, context: context) }
            context.fireChannelRead(data)
        case .end:
            guard phases.phase == .body else { return }
            phases.readEnd(at: .now())
            context.fireChannelRead(data)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if !hasReadPart { phases.readFragment(at: .now()) }
        hasReadPart = false
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError || error is ByteToMessageDecoderError else {
            return context.fireErrorCaught(error)
        }
        let isReadingBody = phases.phase == .body
        // Behind the last request nothing is read, so nothing there is wrong either.
        guard phases.phase != .lingering, isReadingBody || !isLast else { return }
        if isReadingBody {
            isLast = true
            // A handler may be waiting for the body; the error lets it go on.
            return phases.unanswered > 0 ? context.fireErrorCaught(error) : linger(context)
        }
        let isOverflow = (error as? HTTPParserError) == .headerOverflow
        refuse(ProblemDetails(isOverflow ? .headerTooLarge : .malformedRequest), context: context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { phases.completedHandshake(at: .now()) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        phases.progressed(at: .now())
        context.fireChannelWritabilityChanged()
    }

    private func read(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        guard !isLast else { return }
        if let problem = RequestHeadRules.problem(with: head) { return refuse(problem, context: context) }
        phases.readHead(at: .now())
        discardedBytes = 0
        declaredLength = head.headers.contains(name: "transfer-encoding") ? nil : contentLength(head)
        isOldVersion = head.version == .http1_0
        // The codec stops after a request to upgrade, which this server never does.
        holdsReads = head.headers.contains(name: "upgrade")
        isLast = isOldVersion || holdsReads || !head.isKeepAlive
        if head.headers.contains(name: "expect"), !isOldVersion, phases.unanswered == 1 {
            let goOn = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(goOn)), promise: nil)
        }
        guard isLast else { return context.fireChannelRead(wrapInboundOut(.head(head))) }
        // In the one spelling that makes Hummingbird stop after the response.
        var head = head
        head.headers.replaceOrAdd(name: "connection", value: "close")
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    private func contentLength(_ head: HTTPRequestHead) -> Int {
        head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
    }

    /// The response is out, the rest of the request is not in.
    private func discard(_ count: Int, context: ChannelHandlerContext) {
        discardedBytes += count
        if discardedBytes > limits.maximumDiscardedBytes { context.close(promise: nil) }
    }
}

// MARK: - Outbound

extension ConnectionGuard {
    func read(context: ChannelHandlerContext) {
        if holdsReads, phases.phase != .body { return }
        context.read()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // Behind an error of the input, Hummingbird writes a response that no request asked for.
        guard phases.phase != .lingering, phases.unanswered > 0 else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head):
            phases.progressed(at: .now())
            if phases.phase == .body, phases.unanswered == 1, declaredLength ?? 0 > limits.maximumDiscardedBytes {
                isLast = true
            }
            guard isLast, phases.unanswered <= 1, pendingRefusal == nil else {
                return context.write(data, promise: promise)
            }
            if isOldVersion { head.version = .http1_0 }
            head.headers.replaceOrAdd(name: "connection", value: "close")
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body:
            phases.progressed(at: .now())
            context.write(data, promise: promise)
        case .end:
            phases.wroteEnd(at: .now())
            context.write(data, promise: promise)
            if phases.unanswered == 0 { wroteLastResponse(context) }
        }
    }

    /// Hummingbird closes behind the last response of a graceful shutdown; what is not sent yet must not be lost.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .all, phases.unanswered == 0, context.channel.isActive else {
            return context.close(mode: mode, promise: promise)
        }
        afterFlush(context) { context.close(promise: promise) }
    }

    private func wroteLastResponse(_ context: ChannelHandlerContext) {
        if let refusal = pendingRefusal {
            pendingRefusal = nil
            refuse(refusal, context: context)
        } else if isLast {
            linger(context)
        }
    }

    /// Answers in the server's place and closes, after the responses still owed.
    private func refuse(_ problem: ProblemDetails, context: ChannelHandlerContext) {
        isLast = true
        guard phases.unanswered == 0 else {
            pendingRefusal = problem
            return
        }
        metrics.refusedMalformed()
        let requestID = CanonicalUUID.random()
        let body = problem.encoded(requestID: requestID)
        let headers: HTTPHeaders = [
            "content-type": ProblemDetails.mediaType, "content-length": String(body.count), "connection": "close",
            "cache-control": "no-store", "x-content-type-options": "nosniff", "x-request-id": requestID,
        ]
        let status = HTTPResponseStatus(
            statusCode: problem.status.code, reasonPhrase: problem.status.reasonPhrase)
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: nil)
        linger(context)
    }
}

// MARK: - Time

extension ConnectionGuard {
    /// Closes the output only: closing at once while the client is still sending would reset the connection, and the
    /// client would lose the response.
    private func linger(_ context: ChannelHandlerContext) {
        afterFlush(context) { [self] in
            if holdsReads { return context.close(promise: nil) }
            phases.linger(at: .now())
            context.close(mode: .output, promise: nil)
            timer?.cancel()
            timer = nil
            schedule(in: context)
        }
    }

    /// Does `action` when everything written so far is with the kernel, or never will be.
    private func afterFlush(_ context: ChannelHandlerContext, _ action: @escaping () -> Void) {
        let marker = HTTPServerResponsePart.body(.byteBuffer(ByteBuffer()))
        context.writeAndFlush(wrapOutboundOut(marker)).assumeIsolated().whenComplete { _ in action() }
    }

    private func schedule(in context: ChannelHandlerContext) {
        // A write that fails because the connection has closed calls back after that.
        guard !isRemoved else { return }
        let now = NIODeadline.now()
        let step = now + phases.shortestLimit
        let next = phases.deadline > now ? min(phases.deadline, step) : step
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: next) { [weak self] in
            self?.tick(context)
        }
    }

    private func tick(_ context: ChannelHandlerContext) {
        // On a busy loop the timer may even come before the channel's activation.
        guard phases.deadline <= .now(), context.channel.isActive else { return schedule(in: context) }
        metrics.timedOut(in: phases.phase)
        context.close(promise: nil)
    }
}

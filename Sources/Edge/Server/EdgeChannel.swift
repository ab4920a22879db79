import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// Hummingbird's HTTP/1 channel with a `ConnectionGuard` behind its decoder.
struct EdgeChannel: ServerChildChannel {
    private let base: HTTP1Channel
    private let limits: ConnectionLimits
    private let secure: Bool
    private let metrics: ConnectionMetrics

    init(
        responder: @escaping HTTPChannelHandler.Responder, limits: ConnectionLimits, secure: Bool,
        metrics: ConnectionMetrics
    ) {
        let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: limits.maximumHeaderBytes, maxHeaderListSize: limits.maximumHeaderListBytes,
            maxHeaderFieldCount: limits.maximumHeaderCount)
        // The guard does the idle timeout as well: one timer a connection.
        base = HTTP1Channel(
            responder: responder,
            configuration: HTTP1Channel.Configuration(idleTimeout: nil, httpDecoderConfiguration: decoder))
        self.limits = limits
        self.secure = secure
        self.metrics = metrics
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        base.setup(channel: channel, logger: logger).flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            let connectionGuard = ConnectionGuard(limits: limits, secure: secure, metrics: metrics)
            try pipeline.addHandler(connectionGuard, position: .after(decoder))
            return value
        }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await withTaskExecutorPreference(LoopExecutor(value.channel.eventLoop)) {
            await base.handle(value: value, logger: logger)
        }
    }
}

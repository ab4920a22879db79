package import Edge
package import Hummingbird
package import Logging
package import NIOCore
import TransparencyLog

/// The witness's listener.
package enum WitnessServer {
    /// Run it as a service: graceful shutdown finishes the requests in hand.
    ///
    /// - Parameter onRunning: called with the listening channel, whose local address tells the port.
    /// - Throws: see `EdgeServer.application`.
    package static func application(
        store: WitnessStore, settings: ServerSettings, logger: Logger,
        onRunning: @escaping @Sendable (any Channel) async -> Void = { _ in }
    ) throws -> Application<EdgeResponder<PlainContext>> {
        let router = Router(context: PlainContext.self, options: .autoGenerateHeadEndpoints)
        WitnessRoutes(store: store).add(to: router)
        return try EdgeServer.application(
            router: router, settings: settings, keptRefusals: [LatestSize.mediaType], logger: logger,
            onRunning: onRunning)
    }
}

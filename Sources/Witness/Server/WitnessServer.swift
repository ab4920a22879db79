package import Edge
package import Hummingbird
package import Logging
package import NIOCore
import TransparencyLog

/// The witness's listener.
package enum WitnessServer {
    /// Of one address. A log asks every few seconds; the rest is for a handful of logs behind one address.
    package static let rate = TenantRateLimiter.Limits(requestsPerSecond: 10, burst: 50, maximumTenants: 10_000)
    package static let maximumConnections = 256

    /// Run it as a service: graceful shutdown finishes the requests in hand.
    ///
    /// - Parameter onRunning: called with the listening channel, whose local address tells the port.
    /// - Throws: see `EdgeServer.application`.
    package static func application(
        store: WitnessStore, settings: ServerSettings, rate: TenantRateLimiter.Limits = rate, logger: Logger,
        onRunning: @escaping @Sendable (any Channel) async -> Void = { _ in }
    ) throws -> Application<EdgeResponder<WitnessContext>> {
        let router = Router(context: WitnessContext.self, options: .autoGenerateHeadEndpoints)
        WitnessRoutes(store: store, limiter: TenantRateLimiter(limits: rate)).add(to: router)
        var settings = settings
        settings.limits.maximumConnections = min(settings.limits.maximumConnections, maximumConnections)
        return try EdgeServer.application(
            router: router, settings: settings, keptRefusals: [LatestSize.mediaType], logger: logger,
            onRunning: onRunning)
    }
}

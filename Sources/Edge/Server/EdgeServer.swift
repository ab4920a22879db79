package import Hummingbird
import HummingbirdCore
import HummingbirdTLS
package import Logging
import NIOCertificateReloading
package import NIOCore
import NIOSSL
package import ServiceLifecycle

/// Builds the service's listeners: Hummingbird applications with this module's exchange, limits and TLS.
package enum EdgeServer {
    /// A listener for `router`. Run it as a service: graceful shutdown stops accepting, finishes the requests in hand
    /// and returns.
    ///
    /// The router should have been made with `.autoGenerateHeadEndpoints`.
    ///
    /// - Parameters:
    ///   - keptRefusals: media types of answers of status 400 or more that are not made problem documents, as another
    ///     specification says what is in them.
    ///   - unlimitedPaths: what is answered however many requests are being carried out.
    ///   - onRunning: called with the listening channel, whose local address tells the port.
    /// - Throws: `EdgeServerError`; with TLS, also where the certificate and the key cannot be read or do not fit.
    package static func application<Context: EdgeContext>(
        router: Router<Context>, settings: ServerSettings, services: [any Service] = [],
        keptRefusals: Set<String> = [], unlimitedPaths: Set<String> = [], logger: Logger,
        onRunning: @escaping @Sendable (any Channel) async -> Void = { _ in }
    ) throws -> Application<EdgeResponder<Context>>
    where Context: InitializableFromSource<ApplicationRequestContextSource> {
        try settings.validate()
        let responder = EdgeResponder(
            router: router, strictTransport: settings.tls != nil, keptRefusals: keptRefusals,
            maximumRequests: settings.limits.maximumRequests, unlimitedPaths: unlimitedPaths)
        let limits = settings.limits
        let metrics = ConnectionMetrics()
        let certificates = try settings.tls.map { try CertificateFiles(settings: $0, logger: logger) }
        let secure = try certificates.map { try TLSChannelConfiguration(tlsConfiguration: $0.configuration()) }
        return Application(
            responder: responder,
            server: HTTPServerBuilder { respond in
                let channel = EdgeChannel(
                    responder: respond, limits: limits, secure: secure != nil, metrics: metrics)
                guard let secure else { return channel }
                return try TLSChannel(channel, configuration: secure)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(settings.host, port: settings.port), serverName: nil, backlog: limits.backlog,
                availableConnectionsDelegate: MaximumAvailableConnections(limits.maximumConnections, logger: logger)),
            services: services + (certificates.map { [$0.reloader] } ?? []),
            onServerRunning: { channel in
                try? await channel.setOption(.maxMessagesPerRead, value: limits.acceptsPerTurn).get()
                await onRunning(channel)
            },
            logger: logger)
    }
}

import AuditLog
import Edge
import EventStore
import Gateway
import Hummingbird
import Identity
import Logging
import Metrics
import Postgres
import Restoration
import Sealing
import ServiceLifecycle
import Telemetry
import UnixSignals

/// One run of the service: checks that it may start, then serves until it is told to stop.
struct ServiceRun {
    /// What was accepted is finished within that time, or cut off.
    static let maximumShutdown = Duration.seconds(30)

    let platform: Platform
    let gateway: GatewayRouter.Configuration
    let keys: any KeySource
    let development: Bool
    let allowUnsafeDurability: Bool
    let logger: Logger
    private let registry = PrometheusRegistry()

    // Inlined into a command's run(), it makes the compiler (6.3.1, optimising) crash.
    @inline(never)
    init(
        settings: Settings, development: Bool, allowUnsafeDurability: Bool, identity: IdentityConfiguration,
        keys: any KeySource, keyEncryptionKeys: KeyEncryptionKeys, clock: WallClock = .system, logger: Logger
    ) throws {
        // Before anything makes an instrument.
        MetricsSystem.bootstrap(registry)
        var configuration = Platform.Configuration(
            signer: try LogKey.signer(development: development),
            keys: keyEncryptionKeys,
            gateway: try settings.database(.gateway, development: development),
            projector: try settings.database(.projector, development: development),
            auditor: try settings.database(.auditor, development: development))
        if settings.optional("RETENTION_PASSWORD") != nil {
            configuration.retention = try settings.database(.retention, development: development)
        }
        if settings.optional("ACCESS_PASSWORD") != nil {
            configuration.access = try settings.database(.access, development: development)
        }
        configuration.rotatesKeys = try settings.rotatesKeys()
        if settings.optional("RECORDER_PASSWORD") != nil, let directory = settings.optional("SERVER_LOG") {
            configuration.recorder = (
                try settings.database(.recorder, development: development), Recorder.Configuration(directory: directory)
            )
        }
        configuration.callBacks = try settings.callBacks(development: development)
        configuration.ledger = settings.optional("ERASURE_LEDGER")
        configuration.clock = clock
        configuration.identityProvider = try settings.identityProvider(development: development)
        configuration.vaultLimits = try settings.vaultLimits()
        if development, configuration.identityProvider == nil {
            configuration.identityProvider = DevelopmentProviderRoutes.provider(
                port: try settings.server().port, client: DevelopmentIdentity.agentClient)
        }
        platform = Platform(configuration, logger: logger)
        var gateway = GatewayRouter.Configuration(
            identity: identity, schemaDirectory: Environment.schemaDirectory())
        gateway.rateLimits = try settings.rateLimits()
        gateway.tokenClock = .system
        self.gateway = gateway
        self.keys = keys
        self.development = development
        self.allowUnsafeDurability = allowUnsafeDurability
        self.logger = logger
    }

    /// What must hold before anything is served.
    func prepare() async throws {
        let pool = try Environment.pool(.gateway)
        let pending = try await pool.withConnection { connection in
            try await Migrator(directory: gateway.schemaDirectory).pending(on: connection)
        }
        await pool.close()
        guard pending.isEmpty else {
            throw Settings.Failure(
                description: "the database lacks \(pending.count) migrations; run: zentriq migrate")
        }
        do {
            try await platform.verifyDurability()
        } catch let error as LogError where allowUnsafeDurability {
            logger.critical("UNSAFE: acknowledged events can be lost", metadata: ["reason": "\(error)"])
        }
        // Before anything is written: on a restored database nothing may be.
        try await platform.restoreGate?.requireOpen()
        try await platform.createLog()
        try await platform.erasureLedger?.write()
    }

    func serve(_ settings: Settings) async throws {
        let (logger, registry) = (logger, registry)
        let server = try settings.server()
        let router = GatewayRouter.make(platform, gateway, keys: keys)
        if development {
            DevelopmentProviderRoutes(
                grants: DevelopmentGrants(),
                verifier: TokenVerifier(
                    configuration: gateway.identity, keys: keys, clock: { WallClock.system.now().microseconds }),
                client: DevelopmentIdentity.agentClient
            ).add(to: router)
        }
        var services = platform.services
        if let metrics = try settings.metricsServer() {
            services.append(
                try EdgeServer.metricsApplication(
                    settings: metrics, contentType: PrometheusRegistry.contentType, logger: logger,
                    onRunning: { _ in }, render: { registry.exposition() }))
        }
        services.append(
            try EdgeServer.application(
                router: router, settings: server,
                // The identity provider of development says in JSON what it refuses.
                keptRefusals: development ? ["application/json"] : [], unlimitedPaths: HealthRoutes.paths,
                logger: logger
            ) { channel in
                logger.notice("serving", metadata: ["address": "\(channel.localAddress.map { "\($0)" } ?? "-")"])
            })
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        configuration.maximumGracefulShutdownDuration = Self.maximumShutdown
        try await ServiceGroup(configuration: configuration).run()
        await platform.close()
    }
}

import AsyncHTTPClient
import AuditLog
import Edge
import EventStore
import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import LogTesting
import Logging
import Postgres
import PostgresTesting
import Projections
import Sealing
import ServiceLifecycle
import Testing
import TransparencyLog

/// The whole service on a database of its own: what production runs, with a clock that a test moves.
struct TestGateway: Sendable {
    struct Options: Sendable {
        var limits = TenantRateLimiter.Limits(requestsPerSecond: 100_000, burst: 100_000)
        var writing = SequencerLimits()
        var schemaDirectory = TestGateway.schemaDirectory
        /// Those of the test's own issuer, if nil.
        var keys: (any KeySource)?
        /// On a real socket, instead of straight into the router.
        var isListening = false
        /// With the role of retention: carries erasures on.
        var isErasing = false
        /// Where tokens are renewed; without one, none are.
        var provider: TestProvider?
        var vaultLimits = TestGateway.vaultLimits
        /// Where the key-encryption key is kept; one in memory, if nil.
        var keyFolder: KeyFolder?
    }

    private static var vaultLimits: VaultLimits {
        var limits = VaultLimits()
        limits.providerTimeout = .seconds(2)
        return limits
    }

    typealias Role = ClusterEnvironment.Role
    typealias Transport = @Sendable (HTTPRequest.Method, String, HTTPFields, [UInt8]?) async throws -> Answer

    let platform: Platform
    let clock: ManualClock
    let identity: TestIdentity
    let logs: LogRecorder
    let contract: Contract
    let transport: Transport
    /// Begins the graceful shutdown, as a signal would.
    let shutDown: @Sendable () async -> Void
    /// The database as a role, past the service.
    let configuration: @Sendable (Role) throws -> PostgresConfiguration

    /// Runs `body` with a service on a fresh database.
    static func with<Value: Sendable>(
        _ options: Options = Options(), _ body: @escaping @Sendable (TestGateway) async throws -> Value
    ) async throws -> Value {
        try await TestDatabase.with { database in
            try await with(options, configuration: { try database.configuration(role: $0) }, body)
        }
    }

    /// Runs `body` with a service on the given database, which may have other services.
    static func with<Value: Sendable>(
        _ options: Options = Options(), clock: ManualClock = ManualClock(),
        configuration: @escaping @Sendable (Role) throws -> PostgresConfiguration,
        _ body: @escaping @Sendable (TestGateway) async throws -> Value
    ) async throws -> Value {
        try await TestIdentity.with(clock) { identity in
            let logs = LogRecorder()
            let key = try NoteSigner(
                name: KeyName("log.zentriq.test/gateway"), seed: [UInt8](repeating: 7, count: 32))
            var settings = Platform.Configuration(
                signer: LogSigner(key), keys: try options.keyFolder?.read() ?? keys(),
                gateway: try configuration(.gateway),
                projector: try configuration(.projector), auditor: try configuration(.auditor))
            if options.isErasing { settings.retention = try configuration(.retention) }
            settings.clock = clock.wallClock
            settings.limits = options.writing
            settings.readers = 2
            settings.identityProvider = options.provider.flatMap {
                DevelopmentProviderRoutes.provider(port: $0.port, client: TestIdentity.agentClient)
            }
            settings.vaultLimits = options.vaultLimits
            let platform = Platform(settings, logger: logs.logger)
            try await platform.createLog()
            var routing = GatewayRouter.Configuration(
                identity: identity.configuration, schemaDirectory: options.schemaDirectory)
            routing.rateLimits = options.limits
            let router = GatewayRouter.make(platform, routing, keys: options.keys ?? identity.keys)
            let use: Use<Value> = { transport, shutDown in
                try await body(
                    TestGateway(
                        platform: platform, clock: clock, identity: identity, logs: logs, contract: try Contract(),
                        transport: transport, shutDown: shutDown, configuration: configuration))
            }
            let value =
                options.isListening
                ? try await listening(router, platform, logs.logger, use)
                : try await routed(router, platform, logs.logger, use)
            await platform.close()
            return value
        }
    }

    /// The same for all services, so that several can share a database.
    private static func keys() throws -> KeyEncryptionKeys {
        let text = Data(repeating: 0x4B, count: KeyEncryptionKey.byteCount).base64EncodedString()
        return KeyEncryptionKeys(try #require(KeyEncryptionKey(version: 1, parsing: text)))
    }

    static let schemaDirectory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "schema").path
}

extension TestGateway {
    private typealias Use<Value> =
        @Sendable (@escaping Transport, @escaping @Sendable () async -> Void) async throws -> Value

    private static func routed<Value: Sendable>(
        _ router: Router<GatewayContext>, _ platform: Platform, _ logger: Logger, _ body: Use<Value>
    ) async throws -> Value {
        let application = Application(
            responder: EdgeResponder(router: router, strictTransport: false), logger: logger)
        return try await application.test(.router) { client in
            try await running(platform.services, platform, logger) { shutDown in
                try await body(
                    { method, path, headers, bytes in
                        let response = try await client.execute(
                            uri: path, method: method, headers: headers, body: bytes.map { ByteBuffer(bytes: $0) })
                        return Answer(
                            status: response.status.code, headers: response.headers,
                            body: Array(response.body.readableBytesView))
                    }, shutDown)
            }
        }
    }

    private static func listening<Value: Sendable>(
        _ router: Router<GatewayContext>, _ platform: Platform, _ logger: Logger, _ body: Use<Value>
    ) async throws -> Value {
        let (ports, announced) = AsyncStream.makeStream(of: Int.self)
        let server = try EdgeServer.application(
            router: router, settings: ServerSettings(port: 0), logger: logger
        ) { channel in
            announced.yield(channel.localAddress?.port ?? 0)
        }
        return try await running(platform.services + [server], platform, logger) { shutDown in
            guard let port = await ports.first(where: { _ in true }) else { throw CancellationError() }
            return try await SocketClient.with(port: port) { client in
                try await body({ try await client.send($0, $1, $2, $3) }, shutDown)
            }
        }
    }

    /// Runs the services around `body`, and stops them gracefully.
    private static func running<Value: Sendable>(
        _ services: [any Service], _ platform: Platform, _ logger: Logger,
        _ body: (@escaping @Sendable () async -> Void) async throws -> Value
    ) async throws -> Value {
        let group = ServiceGroup(services: services, logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await platform.waitUntilOpen()
            while !platform.restrictions.isCurrent { try await Task.sleep(for: .milliseconds(5)) }
            let result: Result<Value, any Error>
            do { result = .success(try await body { await group.triggerGracefulShutdown() }) } catch {
                result = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return try result.get()
        }
    }
}

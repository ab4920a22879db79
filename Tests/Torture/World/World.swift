import AsyncHTTPClient
import EventStore
import Foundation
import NIOCore
import NIOHTTP1
import Postgres

/// Everything that is tortured: a server, its disk, and up to three gateways, each behind a proxy of its own.
final class World: Sendable {
    struct Settings: Sendable {
        /// The project's folder.
        var root: String
        /// Where everything is kept; removed by whoever made it.
        var state: String
        /// The built `zentriq`.
        var executable: String
        /// Holds the two small file systems; nil where none can be mounted.
        var disk: String?
        /// The library that steps clocks; nil where it could not be built.
        var clock: String?
    }

    static let maximumGateways = 3
    static let log = LogID(1)
    static let origin = "log.zentriq.test/main"
    private static let readySeconds = 60

    let settings: Settings
    let database: Database
    let disk: SmallDisk?
    let gateways: [Gateway]
    let http: HTTPClient
    let tokens: Tokens

    private init(
        _ settings: Settings, _ database: Database, _ disk: SmallDisk?, _ gateways: [Gateway], _ tokens: Tokens
    ) {
        self.settings = settings
        self.database = database
        self.disk = disk
        self.gateways = gateways
        self.tokens = tokens
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(2)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.redirectConfiguration = .disallow
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    static func make(_ settings: Settings) async throws -> World {
        for folder in ["data", "log", "clock"] {
            try FileManager.default.createDirectory(
                atPath: "\(settings.state)/\(folder)", withIntermediateDirectories: true,
                attributes: [.posixPermissions: folder == "log" ? 0o755 : 0o700])
        }
        let database = Database(root: settings.root, state: settings.state)
        try await database.start()
        let disk = settings.disk.map { SmallDisk(folder: $0, log: settings.state + "/log/disk.log") }
        if let disk { try await database.move(to: disk, log: settings.state + "/log/disk.log") }
        var environment = [
            "ZENTRIQ_DATABASE_HOST": "127.0.0.1", "ZENTRIQ_DATABASE_TLS": "disable", "ZENTRIQ_DATABASE_SOCKET": "",
            "ZENTRIQ_DATA_DIRECTORY": settings.state + "/data",
            "ZENTRIQ_SCHEMA_DIRECTORY": settings.root + "/schema", "ZENTRIQ_METRICS_PORT": "0",
            "ZENTRIQ_RATE_PER_SECOND": "1000000", "ZENTRIQ_RATE_BURST": "1000000",
            "ZENTRIQ_MAXIMUM_CONNECTIONS": "16000", "ZENTRIQ_LOG_LEVEL": "notice",
        ]
        let values = try String(contentsOfFile: database.folder + "/env", encoding: .utf8).split(separator: "\n")
        for line in values {
            let pair = line.split(separator: "=", maxSplits: 1).map(String.init)
            if pair.count == 2, environment[pair[0]] == nil { environment[pair[0]] = pair[1] }
        }
        guard let serverPort = environment["ZENTRIQ_DATABASE_PORT"].flatMap({ Int($0) }) else {
            throw TortureError("the cluster has no port")
        }
        try await Shell.run(
            settings.executable, ["migrate"],
            environment: environment.merging(["ZENTRIQ_DATABASE_PORT": String(serverPort)]) { $1 },
            log: settings.state + "/log/migrate.log")
        var random = SystemRandomNumberGenerator()
        let gateways = try (1...maximumGateways).map { number in
            let proxy = try DatabaseProxy(port: Sockets.freePort(using: &random), serverPort: serverPort)
            return Gateway(
                number: number, port: try Sockets.freePort(using: &random), proxy: proxy,
                clock: try SteppedClock(file: "\(settings.state)/clock/\(number)", library: settings.clock),
                settings: Gateway.Settings(
                    executable: settings.executable, environment: environment,
                    log: "\(settings.state)/log/gateway-\(number).log"))
        }
        let tokens = try await Tokens(folder: settings.state + "/data")
        return World(settings, database, disk, gateways, tokens)
    }

    /// The server and this many gateways up and ready, the others gone, every fault undone.
    func prepare(gateways count: Int) async throws {
        if let disk {
            for part in SmallDisk.Part.allCases { try await disk.empty(part) }
        }
        try await database.revive()
        for gateway in gateways {
            gateway.proxy.set(DatabaseProxy.Behaviour())
            gateway.clock.step(to: .zero)
            gateway.signal(SIGCONT)
            if gateway.number > count { await gateway.stop(SIGTERM) } else { try gateway.start() }
        }
        for gateway in gateways.prefix(count) { try await waitUntilReady(gateway) }
    }

    func waitUntilReady(_ gateway: Gateway) async throws {
        let deadline = ContinuousClock.now + .seconds(Self.readySeconds)
        while ContinuousClock.now < deadline {
            if gateway.pid == nil { try gateway.start() }
            if try await isReady(gateway) { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw TortureError("gateway \(gateway.number) is not ready after \(Self.readySeconds) s")
    }

    private func isReady(_ gateway: Gateway) async throws -> Bool {
        do {
            return try await http.execute(HTTPClientRequest(url: gateway.url + "/readyz"), timeout: .seconds(5)).status
                == .ok
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            return false
        }
    }

    /// Gateways end, the server is destroyed; the folder is left.
    func tearDown() async {
        for gateway in gateways {
            gateway.signal(SIGCONT)
            await gateway.stop()
            gateway.proxy.close()
        }
        try? await http.shutdown()
        try? await database.destroy()
    }
}

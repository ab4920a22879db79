import EventStore
import Postgres
import Projections

/// How the service is: looked up at most once a second, however often it is asked, and never waited for long.
actor HealthProbe {
    struct Health: Sendable {
        var database = false
        var migrations = false
        /// Events that each projection is behind; nil if unknown.
        var lag: [String: Int64]?

        /// Ready to take requests.
        var isReady: Bool {
            database && migrations && (lag?.values.allSatisfy { $0 <= HealthProbe.maximumLag } ?? false)
        }
    }

    static let maximumLag: Int64 = 10_000
    private static let freshness = Duration.seconds(1)
    private static let patience = Duration.seconds(1)

    private let platform: Platform
    private let migrator: Migrator
    private var current: (health: Health, at: ContinuousClock.Instant)?
    private var running: Task<Health, Never>?

    init(platform: Platform, schemaDirectory: String) {
        self.platform = platform
        migrator = Migrator(directory: schemaDirectory)
    }

    func health() async -> Health {
        if let current, ContinuousClock.now - current.at < Self.freshness { return current.health }
        if let running { return await running.value }
        // Unstructured on purpose: it is shared by all that ask meanwhile, and outlives the one that started it.
        let task = Task { await self.look() }
        running = task
        let health = await task.value
        current = (health, .now)
        running = nil
        return health
    }

    private func look() async -> Health {
        var health = Health()
        do {
            let head = try await platform.gatewayPool.withConnection(patience: Self.patience) { connection in
                _ = try await connection.query("SELECT 1", [], deadline: Self.patience)
                return try await platform.reader.head(on: connection)
            }
            health.database = true
            let pending = try await platform.gatewayPool.withConnection(patience: Self.patience) { connection in
                try await migrator.pending(on: connection)
            }
            health.migrations = pending.isEmpty
            let status = try await platform.projections.status()
            health.lag = Dictionary(
                status.filter(\.isActive).map { ($0.name, head.nextPosition.rawValue - $0.next.rawValue) },
                uniquingKeysWith: max)
        } catch {
            // What could not be found out stays "not ready".
        }
        return health
    }
}

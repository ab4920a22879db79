import EventStore
import Postgres
import Projections
import Verification

/// How the service is: looked up at most once a second, however often it is asked, and never waited for long, even if
/// the database takes questions and answers none.
actor HealthProbe {
    struct Health: Sendable {
        var database = false
        var migrations = false
        /// Whether it is known whose data is not to be processed.
        var restrictions = false
        /// Events that each projection is behind; nil if unknown.
        var lag: [String: Int64]?
        /// Of the verification in the background: how old the last whole pass is, in seconds, and what it found.
        var verificationAge: Int64?
        var verificationFindings: Int64 = 0

        /// Ready to take requests.
        var isReady: Bool {
            database && migrations && restrictions
                && (lag?.values.allSatisfy { $0 <= HealthProbe.maximumLag } ?? false)
        }
    }

    static let maximumLag: Int64 = 10_000
    /// After which whoever asks is told "not healthy", although the look goes on.
    static let patience = Duration.milliseconds(1_500)
    private static let freshness = Duration.seconds(1)
    private static let connectionPatience = Duration.seconds(1)

    private let platform: Platform
    private let migrator: Migrator
    private var current: (health: Health, at: ContinuousClock.Instant)?
    private var isLooking = false
    private var isOverdue = false
    private var waiting: [CheckedContinuation<Health, Never>] = []

    init(platform: Platform, schemaDirectory: String) {
        self.platform = platform
        migrator = Migrator(directory: schemaDirectory)
    }

    func health() async -> Health {
        if let current, ContinuousClock.now - current.at < Self.freshness { return current.health }
        if isOverdue { return Health() }
        if !isLooking { begin() }
        return await withCheckedContinuation { waiting.append($0) }
    }

    /// Unstructured on purpose: a look is shared by all that ask meanwhile, and outlives those it has kept waiting.
    private func begin() {
        isLooking = true
        Task {
            let limit = Task {
                try await Task.sleep(for: Self.patience)
                expire()
            }
            let health = await look()
            limit.cancel()
            end(health)
        }
    }

    private func expire() {
        guard isLooking, !Task.isCancelled else { return }
        isOverdue = true
        answer(Health())
    }

    private func end(_ health: Health) {
        current = (health, .now)
        isLooking = false
        isOverdue = false
        answer(health)
    }

    private func answer(_ health: Health) {
        let answered = waiting
        waiting = []
        for continuation in answered { continuation.resume(returning: health) }
    }

    private func look() async -> Health {
        var health = Health()
        health.verificationAge = platform.verification.ageSeconds(now: platform.configuration.clock.now())
        health.verificationFindings = platform.verification.values.findings.count
        health.restrictions = platform.restrictions.isCurrent
        do {
            let head = try await platform.gatewayPool.withConnection(patience: Self.connectionPatience) { connection in
                try await platform.reader.head(on: connection)
            }
            health.database = true
            let pending = try await platform.gatewayPool.withConnection(patience: Self.connectionPatience) {
                try await migrator.pending(on: $0)
            }
            health.migrations = pending.isEmpty
            let status = try await platform.projections.status()
            health.lag = Dictionary(
                status.filter(\.isActive).map { ($0.name, max(0, head.nextPosition.rawValue - $0.next.rawValue)) },
                uniquingKeysWith: max)
        } catch {
            // What could not be found out stays "not ready".
        }
        return health
    }
}

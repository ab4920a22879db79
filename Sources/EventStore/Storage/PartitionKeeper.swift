package import Logging
package import Postgres
import ServiceLifecycle

/// Makes the partitions of the months to come, long before they are needed.
package struct PartitionKeeper: Service {
    /// Made ahead of time.
    package static let monthsAhead: Int64 = 3
    package static let pause = Duration.seconds(6 * 3600)

    let pool: PostgresPool
    let clock: WallClock
    let logger: Logger

    package init(pool: PostgresPool, clock: WallClock, logger: Logger) {
        self.pool = pool
        self.clock = clock
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    let now = clock.now()
                    try await pool.withConnection { try await Self.ensure(around: now, on: $0) }
                } catch is CancellationError {
                    return
                } catch {
                    logger.error("partitions could not be made ahead", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: Self.pause)
            }
        }
    }

    nonisolated(nonsending) static func ensure(around time: EventTime, on connection: PostgresConnection) async throws {
        _ = try await connection.query(
            ensurePartitions,
            [
                .timestamptz(microsecondsSinceUnixEpoch: time.microseconds),
                .timestamptz(microsecondsSinceUnixEpoch: time.adding(seconds: monthsAhead * 31 * 86_400).microseconds),
            ])
    }

    private static let ensurePartitions = Statement("SELECT zentriq.ensure_partitions($1, $2)")
}

package import EventStore
package import Logging
import Metrics
import Postgres
import ServiceLifecycle

/// Keeps the active generation of one projection up with the log, for ever.
package struct ProjectionRunner: Service {
    let projection: any Projection
    let store: ProjectionStore
    let reader: LogReader
    let signal: CommitSignal
    let logger: Logger

    /// `store` and `reader` with the projector's role.
    package init(
        _ projection: any Projection, store: ProjectionStore, reader: LogReader, signal: CommitSignal, logger: Logger
    ) {
        self.projection = projection
        self.store = store
        self.reader = reader
        self.signal = signal
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await follow()
                } catch is CancellationError {
                    return
                } catch {
                    guard !Task.isCancelled else { return }
                    logger.warning(
                        "projection stopped, trying again",
                        metadata: ["projection": "\(projection.name)", "error": "\(error)"])
                    try? await Task.sleep(for: .seconds(1))
                }
            }
        }
    }

    /// Takes what the log holds now, and returns. For tests and one-off runs.
    package func catchUp() async throws {
        let generation = try await store.activeGeneration(of: projection.name)
        let writer = ProjectionWriter(projection: projection, generation: generation, pool: store.pool)
        while true {
            let checkpoint = try await writer.checkpoint()
            let page = try await reader.all(
                from: checkpoint.next, since: checkpoint.recordedAt, limit: Subscription.pageSize)
            guard !page.isEmpty else { return }
            _ = try await writer.apply(page)
        }
    }

    private func follow() async throws {
        let lag = Gauge(label: "projection_lag_events", dimensions: [("projection", projection.name)])
        let generation = try await store.activeGeneration(of: projection.name)
        let writer = ProjectionWriter(projection: projection, generation: generation, pool: store.pool)
        let start = try await writer.checkpoint()
        let events = Subscription(reader: reader, signal: signal, from: start.next, since: start.recordedAt)
        for try await page in events {
            guard try await writer.apply(page) else { return }
            if let last = page.last { lag.record(max(0, signal.size - last.position.rawValue - 1)) }
            // A rebuild has switched generations: go on with the new one.
            if try await store.activeGeneration(of: projection.name) != generation { return }
        }
    }
}

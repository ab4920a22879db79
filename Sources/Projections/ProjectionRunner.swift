package import EventStore
package import Logging
import Metrics
import Postgres
import ServiceLifecycle

/// Keeps the active generation of one projection up with the log, for ever.
package struct ProjectionRunner: Service {
    package static let retryPause = Duration.seconds(1)
    /// While events keep coming, they are taken a few times a second, not a transaction for every commit of the log.
    package static let pace = Duration.milliseconds(100)

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
                    let next = try await takeAll(pausing: Self.pace)
                    try await Task.sleep(for: Self.pace)
                    await signal.wait(beyond: next.rawValue, atMost: Subscription.pollInterval)
                } catch is CancellationError {
                    return
                } catch {
                    guard !Task.isCancelled else { return }
                    logger.warning(
                        "projection stopped, trying again",
                        metadata: ["projection": "\(projection.name)", "error": "\(error)"])
                    try? await Task.sleep(for: Self.retryPause)
                }
            }
        }
    }

    /// Takes what the log holds now, and returns. For tests and one-off runs.
    package func catchUp() async throws {
        _ = try await takeAll(pausing: .zero)
    }

    /// Asks for the active generation before every page: a rebuild may switch at any time, and a log at rest must not
    /// keep a runner at the generation that is gone.
    private func takeAll(pausing pace: Duration) async throws -> LogPosition {
        let lag = Gauge(label: "projection_lag_events", dimensions: [("projection", projection.name)])
        while true {
            try Task.checkCancellation()
            let generation = try await store.activeGeneration(of: projection.name)
            let writer = ProjectionWriter(projection: projection, generation: generation, pool: store.pool)
            switch try await writer.step(from: reader) {
            case .moved(let next, let isFullPage):
                lag.record(max(0, signal.size - next.rawValue))
                if !isFullPage { try await Task.sleep(for: pace) }
            case .upToDate(let next):
                lag.record(max(0, signal.size - next.rawValue))
                return next
            case .gone: continue
            }
        }
    }
}

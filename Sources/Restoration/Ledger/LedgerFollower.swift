package import EventStore
package import Logging
import Metrics
import ServiceLifecycle

/// Keeps the ledger up to date, a few seconds behind the log. Nobody waits for it but an erasure that is to be complete.
package struct LedgerFollower: Service {
    private static let pollInterval = Duration.seconds(5)
    /// From then on it counts as stale.
    package static let maximumAgeSeconds: Int64 = 600

    let writer: LedgerWriter
    let signal: CommitSignal
    let clock: WallClock
    let logger: Logger

    package init(writer: LedgerWriter, signal: CommitSignal, clock: WallClock, logger: Logger) {
        self.writer = writer
        self.signal = signal
        self.clock = clock
        self.logger = logger
    }

    /// Throws, and so ends the service, if the log turns out to be older than its ledger: somebody has restored the
    /// database meanwhile.
    package func run() async throws {
        let metrics = LedgerMetrics()
        try await cancelWhenGracefulShutdown {
            var (written, position) = (clock.now(), LogPosition(0))
            while !Task.isCancelled {
                if let next = try await write() { (written, position) = (clock.now(), next) }
                metrics.record(lag: max(0, signal.size - position.rawValue), since: written, now: clock.now())
                try? await Task.sleep(for: Self.pollInterval)
            }
        }
        // What was appended while the others ended.
        _ = try await write()
    }

    /// Nil if it can't be written for now.
    private func write() async throws -> LogPosition? {
        do { return try await writer.write() } catch let refusal as RestoreRefusal where refusal.isOfTheLog {
            logger.critical("the log does not follow from its erasure ledger", metadata: ["reason": "\(refusal)"])
            throw refusal
        } catch {
            if !Task.isCancelled {
                logger.error("the erasure ledger can't be written, trying again", metadata: ["error": "\(error)"])
            }
            return nil
        }
    }
}

extension RestoreRefusal {
    /// It is the log that is not what it was.
    fileprivate var isOfTheLog: Bool {
        switch self {
        case .behind, .otherHistory: true
        default: false
        }
    }
}

private struct LedgerMetrics {
    private let lag = Gauge(label: "erasure_ledger_lag_events")
    private let age = Gauge(label: "erasure_ledger_age_seconds")
    private let stale = Gauge(label: "erasure_ledger_stale")

    func record(lag events: Int64, since written: EventTime, now: EventTime) {
        let seconds = max(0, now.microseconds - written.microseconds) / 1_000_000
        lag.record(events)
        age.record(seconds)
        stale.record(seconds > LedgerFollower.maximumAgeSeconds ? 1 : 0)
    }
}

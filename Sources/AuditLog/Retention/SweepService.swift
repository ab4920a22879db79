import Billing
package import EventStore
package import Logging
import Metrics
import Retention
import ServiceLifecycle

/// Sweeps when a new day begins (UTC), and when a policy or a hold has changed: what a hold has deferred goes as soon as
/// it is released. Of several services on one log, one sweeps.
package struct SweepService: Service {
    private static let pauseAfterFailure = Duration.seconds(60)

    let sweeper: Sweeper
    let policies: PolicyRegister
    let holds: HoldRegister
    let clock: WallClock
    /// How often policy, holds and day are looked at.
    let pollInterval: Duration
    let logger: Logger

    package init(
        sweeper: Sweeper, reader: LogReader, clock: WallClock, pollInterval: Duration = .seconds(5), logger: Logger
    ) {
        self.sweeper = sweeper
        policies = PolicyRegister(reader: reader)
        holds = HoldRegister(reader: reader)
        self.clock = clock
        self.pollInterval = pollInterval
        self.logger = logger
    }

    /// What a sweep rests on: as long as it is the same, there is nothing more to do.
    private struct Ground: Equatable {
        let day: CivilDay
        let policy: StreamVersion
        let holds: Int
        let hold: StreamVersion
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var swept: Ground?
            while !Task.isCancelled {
                do {
                    let ground = try await ground()
                    if let ground, ground != swept {
                        try await sweep()
                        swept = ground
                    }
                    try? await Task.sleep(for: pollInterval)
                } catch is Sweeper.Busy {
                    try? await Task.sleep(for: Self.pauseAfterFailure)
                } catch {
                    if Task.isCancelled { return }
                    logger.error("what is due could not be swept", metadata: ["error": "\(error)"])
                    try? await Task.sleep(for: Self.pauseAfterFailure)
                }
            }
        }
    }

    /// Nil without a policy: nothing is ever due.
    private func ground() async throws -> Ground? {
        guard let policy = try await policies.inForce() else { return nil }
        let now = clock.now()
        let (entries, version) = try await holds.all()
        return Ground(
            day: CivilDay(of: now), policy: policy.version, holds: entries.count { $0.isInForce(at: now) },
            hold: version)
    }

    private func sweep() async throws {
        let report = try await sweeper.run()
        Gauge(label: "zentriq_retention_last_sweep_timestamp_seconds").record(clock.now().microseconds / 1_000_000)
        for (retention, count) in report.erased {
            Counter(label: "zentriq_retention_erased_events_total", dimensions: [("class", retention.rawValue)])
                .increment(by: count)
        }
        if report.total > 0 {
            logger.info(
                "what was due is gone",
                metadata: ["events": "\(report.total)", "certificates": "\(report.certificates)"])
        }
    }
}

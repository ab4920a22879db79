package import EventStore
package import Logging
package import Postgres
import ServiceLifecycle

/// Verifies the log over and over, a slice at a time with pauses in between, so that nobody notices but whoever looks
/// at the metrics. Holds no snapshot for longer than a slice takes, but for the comparison of the streams at the end of
/// a pass.
///
/// What `zentriq verify log` does beyond it: answers whose keys no event tells (of grants, holds and voids) are not
/// looked at, and what was seen before is remembered from pass to pass, not from run to run.
package struct VerificationService: Service {
    package struct Pace: Sendable {
        /// Events that are read at once. A multiple of 256 spares reading a tile twice.
        package var slice: Int64 = 2_048
        /// After each slice.
        package var pause = Duration.seconds(1)
        /// After a whole pass, and after a failure.
        package var rest = Duration.seconds(60)

        package init() {}
    }

    /// Slices that may be read in the snapshot that ends a pass: what was appended since the last one.
    private static let lastSlices: Int64 = 8

    package let status: VerificationStatus
    private let log: LogID
    private let origin: String
    private let pool: PostgresPool
    private let keys: SubjectKeys
    private let clock: WallClock
    private let pace: Pace
    private let logger: Logger
    private let metrics = VerificationMetrics()

    /// - Parameter pool: of a role that may see all tenants. One connection is used, while a slice is read.
    package init(
        log: LogID, origin: String, pool: PostgresPool, keys: SubjectKeys, clock: WallClock, pace: Pace = Pace(),
        status: VerificationStatus = VerificationStatus(), logger: Logger
    ) {
        self.log = log
        self.origin = origin
        self.pool = pool
        self.keys = keys
        self.clock = clock
        self.pace = pace
        self.status = status
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            let started = clock.now()
            var seen: SeenCheckpoint?
            while !Task.isCancelled {
                do {
                    let report = try await pass(after: seen, started: started)
                    seen = report.checkpoint ?? seen
                    tell(report)
                } catch {
                    if Task.isCancelled { return }
                    status.failed("\(error)")
                    logger.error("the log could not be verified", metadata: ["error": "\(error)"])
                }
                await rest(started: started)
            }
        }
    }

    /// One whole pass.
    ///
    /// - Parameter seen: of an earlier pass: what the log must follow from.
    package func pass(after seen: SeenCheckpoint?, started: EventTime) async throws -> VerificationReport {
        let pass = try await LogSnapshot.with(pool, log: log) { snapshot in
            try await VerificationPass(
                snapshot, tiles: TreeReader(log: log, pool: pool), origin: origin, seen: seen, answers: .derived)
        }
        while await pass.isBehind(Self.lastSlices * pace.slice) {
            try await LogSnapshot.with(pool, log: log) { snapshot in
                let size = try await pass.lookAgain(snapshot)
                let end = min(size, await pass.position + pace.slice)
                try await pass.read(with: reader(snapshot), upTo: end, slice: pace.slice)
            }
            await note(pass, started: started)
            try await Task.sleep(for: pace.pause)
        }
        let report = try await LogSnapshot.with(pool, log: log) { snapshot in
            let size = try await pass.lookAgain(snapshot)
            try await pass.read(with: reader(snapshot), upTo: size, slice: pace.slice)
            return try await pass.finish(snapshot)
        }
        status.reached(Int64(report.size), findings: report.findings)
        status.completed(at: clock.now(), findings: report.findings)
        metrics.record(status, started: started, now: clock.now())
        return report
    }

    private func reader(_ snapshot: LogSnapshot) -> SliceReader {
        SliceReader(snapshot: snapshot, origin: origin, keys: keys, answers: .derived)
    }

    private func note(_ pass: VerificationPass, started: EventTime) async {
        status.reached(await pass.position, findings: await pass.findings)
        metrics.record(status, started: started, now: clock.now())
    }

    private func tell(_ report: VerificationReport) {
        if report.isGood {
            logger.info("the log was verified", metadata: ["events": "\(report.size)"])
        }
        for finding in report.findings.kept {
            logger.critical("the log contradicts itself", metadata: ["finding": "\(finding)"])
        }
    }

    /// Until the next pass, also of a log that does not grow: it may be changed all the same. The age goes on.
    private func rest(started: EventTime) async {
        let end = ContinuousClock.now + pace.rest
        while !Task.isCancelled, ContinuousClock.now < end {
            metrics.record(status, started: started, now: clock.now())
            try? await Task.sleep(for: min(.seconds(5), ContinuousClock.now.duration(to: end)))
        }
    }
}

import Billing
package import EventStore
package import Logging
package import Postgres
import Retention

/// Takes away what is due: whole partitions at once, then the rows that are left, in batches. Can be stopped at any
/// point and run again; what is done is done, and a second run finds nothing.
package struct Sweeper: Sendable {
    package struct Pace: Sendable {
        /// Rows of one batch.
        package var batch: Int32 = 5_000
        /// After each batch, as a multiple of the time it took: what else the machine has to do goes on meanwhile.
        package var pauseShare = 3.0
        /// How often something is tried that somebody else is in the way of.
        package var attempts = 40
        /// How often a partition is tried to be dropped, each time after reading all of it, before its rows go one by one:
        /// whoever reads it for long is not waited for.
        package var partitionAttempts = 3

        package init() {}
    }

    package struct Progress: Sendable {
        package let retention: RetentionClass
        /// Of this run, of that class.
        package let erased: Int64
        /// Of this run, of all classes.
        package let total: Int64
    }

    package struct Report: Sendable, Equatable {
        package var erased: [RetentionClass: Int64] = [:]
        package var partitions = 0
        package var certificates = 0

        package init() {}

        package var total: Int64 { erased.values.reduce(0, +) }
    }

    /// Somebody else sweeps this log at present.
    package struct Busy: Error, CustomStringConvertible {
        package let description = "somebody else is sweeping this log at present"
    }

    let eraser: Eraser
    let pace: Pace
    let logger: Logger

    /// - Parameter configuration: with the role of retention.
    package init(
        log: LogID, signer: LogSigner, configuration: PostgresConfiguration, clock: WallClock, pace: Pace = Pace(),
        logger: Logger
    ) {
        eraser = Eraser(log: log, signer: signer, configuration: configuration, clock: clock)
        self.pace = pace
        self.logger = logger
    }

    /// How many rows a run would take away now.
    package func due(_ classes: [RetentionClass], before cutoff: EventTime? = nil) async throws -> [RetentionClass:
        Int64]
    {
        let connection = try await eraser.connect()
        let result: Result<[RetentionClass: Int64], any Error>
        do {
            var counts: [RetentionClass: Int64] = [:]
            for retention in classes {
                let count = try await eraser.countDue(of: retention, before: cutoff, on: connection)
                if count > 0 { counts[retention] = count }
            }
            result = .success(counts)
        } catch {
            result = .failure(error)
        }
        await connection.close()
        return try result.get()
    }

    /// - Parameters:
    ///   - classes: those of the policy in force, if they are among these.
    ///   - cutoff: nothing that was recorded at that time or later.
    /// - Throws: ``Busy`` if somebody else has the lease.
    package func run(
        _ classes: [RetentionClass] = RetentionClass.allCases, before cutoff: EventTime? = nil,
        progress: @Sendable (Progress) -> Void = { _ in }
    ) async throws -> Report {
        let connection = try await eraser.connect()
        let result: Result<Report, any Error>
        do {
            result = .success(try await run(classes, before: cutoff, on: connection, progress))
        } catch {
            result = .failure(error)
        }
        await connection.close()
        return try result.get()
    }

    private func run(
        _ classes: [RetentionClass], before cutoff: EventTime?, on connection: PostgresConnection,
        _ progress: @Sendable (Progress) -> Void
    ) async throws -> Report {
        guard try await eraser.takeLease(on: connection) else { throw Busy() }
        var report = Report()
        func note(_ batch: Eraser.Batch, of retention: RetentionClass) {
            report.erased[retention, default: 0] += batch.count
            report.certificates += batch.certificates
            progress(
                Progress(retention: retention, erased: report.erased[retention, default: 0], total: report.total))
        }
        for retention in classes {
            while true {
                try Task.checkCancellation()
                guard let batch = try await partition(of: retention, before: cutoff, on: connection) else { break }
                report.partitions += 1
                note(batch, of: retention)
            }
            var next = LogPosition(0)
            while true {
                try Task.checkCancellation()
                let began = ContinuousClock.now
                let start = next
                let batch = try await trying(pace.attempts) {
                    try await eraser.eraseRows(
                        of: retention, before: cutoff, from: start, limit: pace.batch,
                        carry: retention == .billing ? Self.carry : nil, on: connection)
                }
                guard let batch else { break }
                next = LogPosition(batch.positions.upperBound.rawValue + 1)
                note(batch, of: retention)
                try await Task.sleep(for: (ContinuousClock.now - began) * pace.pauseShare)
            }
            // Somebody may be reading: then they go another day.
            if let dropped = try? await eraser.dropEmptyPartitions(of: retention, on: connection) {
                report.partitions += Int(dropped)
            }
        }
        try await eraser.endLease(on: connection)
        return report
    }

    private static let carry: Eraser.Carry = { expired, carried in
        try CarriedBalances(carried).carrying(expired)
    }

    /// Nil if there is none, or somebody reads it.
    private func partition(
        of retention: RetentionClass, before cutoff: EventTime?, on connection: PostgresConnection
    ) async throws -> Eraser.Batch? {
        do {
            return try await trying(pace.partitionAttempts) {
                try await eraser.erasePartition(of: retention, before: cutoff, on: connection)
            }
        } catch let error as PostgresError where Self.isPassing(error) {
            logger.notice("a partition is read at present, its rows go one by one", metadata: ["error": "\(error)"])
            return nil
        }
    }

    /// Time-outs for locks, deadlocks, changes of policy or holds meanwhile, races for the head: nothing is wrong.
    private func trying(_ attempts: Int, _ body: () async throws -> Eraser.Batch?) async throws -> Eraser.Batch? {
        for attempt in 1... {
            do {
                return try await body()
            } catch let error as PostgresError where attempt < attempts && Self.isPassing(error) {
                logger.debug("a batch is tried again", metadata: ["error": "\(error)"])
            } catch LogError.unavailable where attempt < attempts {
                logger.debug("a batch is tried again")
            }
            try await Task.sleep(for: .milliseconds(min(50 * attempt, 2_000)))
        }
        return nil
    }

    private static func isPassing(_ error: PostgresError) -> Bool {
        guard let sqlState = error.sqlState else { return false }
        return sqlState.hasPrefix("40") || sqlState == "55P03"
    }
}

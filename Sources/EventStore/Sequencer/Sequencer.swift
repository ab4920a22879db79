import CoreMetrics
package import Logging
package import Postgres
import ServiceLifecycle

/// The one writer of a log in this process: takes all commands that wait, decides them in order, appends what they
/// come to in one commit, and answers everybody. While one batch is committed the next one gathers, so the time of a
/// commit sets the size of a batch, and no timer adds to anybody's latency.
///
/// Correctness does not rest on being alone. The head's compare-and-set decides which of several writers came first;
/// who lost locks the head, looks again and decides anew.
package actor Sequencer<State: StreamState>: Service {
    /// The sequencer and its connection live on one thread: a batch is planned, sent and answered without a switch.
    private nonisolated let thread = ConnectionThread(name: "sequencer")
    nonisolated let mailbox: Mailbox<State>
    private let log: LogID
    private let signer: LogSigner
    private let configuration: PostgresConfiguration
    private let limits: SequencerLimits
    private let clock: WallClock
    private let random: RandomBytes
    private let signal: CommitSignal
    private let logger: Logger
    private let metrics = SequencerMetrics()
    private var writer: LogWriter<State>?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.unownedExecutor }

    package init(
        log: LogID, signer: LogSigner, configuration: PostgresConfiguration,
        limits: SequencerLimits = SequencerLimits(),
        clock: WallClock = .system, random: RandomBytes = .system, signal: CommitSignal, logger: Logger
    ) {
        self.log = log
        self.signer = signer
        self.configuration = configuration
        self.limits = limits
        self.clock = clock
        self.random = random
        self.signal = signal
        self.logger = logger
        mailbox = Mailbox(limits: limits)
    }

    /// Carries the command out and returns when it is durable.
    ///
    /// Throws what ``Command/decide`` threw if it was refused, or a ``LogError``. Cancelling the task does not take the
    /// command back.
    package nonisolated func submit(_ command: Command<State>) async throws -> Accepted {
        try await mailbox.submit(command)
    }

    /// Whether the log can be appended to at present.
    package nonisolated var isOpen: Bool { mailbox.isOpen }

    /// Works until shutdown: what was queued by then is still carried out.
    package func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskCancellationHandler {
                await work()
            } onCancel: {
                mailbox.close()
            }
        } onGracefulShutdown: {
            self.mailbox.close()
        }
        mailbox.refuseAll(.stopped)
        await writer?.close()
        writer = nil
    }

    private func work() async {
        while true {
            if writer == nil, await !connect(until: nil) { return }
            guard let batch = await mailbox.next() else { return }
            metrics.batchTaken(batch.count, waiting: mailbox.depth)
            await process(batch)
        }
    }

    // MARK: A batch

    /// Answers everybody in the batch, or puts those back for whom it had no room.
    private func process(_ batch: [Mailbox<State>.Pending]) async {
        let commands = batch.map(\.command)
        let deadline = ContinuousClock.now + .seconds(limits.retrySeconds)
        var failure = LogError.unavailable
        attempts: for number in 1...limits.attempts where writer != nil {
            do {
                if let results = try await attempt(commands, locking: number > 1, until: deadline) {
                    return answer(batch, results)
                }
                metrics.conflicts.increment()
            } catch LogError.outcomeUnknown {
                failure = .outcomeUnknown
                break
            } catch {
                switch await remedy(for: error, until: deadline) {
                case .tryAgain: continue
                case .tryEach where batch.count > 1:
                    for pending in batch { await process([pending]) }
                    return
                case .tryEach, .giveUp: break attempts
                }
            }
        }
        for pending in batch { pending.continuation.resume(throwing: failure) }
    }

    /// One try: nil if another writer came first and it has to be decided anew.
    private func attempt(
        _ commands: [Command<State>], locking: Bool, until deadline: ContinuousClock.Instant
    ) async throws -> [Plan<State>.Result]? {
        guard let writer else { throw LogError.unavailable }
        guard let plan = try await writer.plan(commands, locking: locking) else { return nil }
        guard !plan.isEmpty else { return plan.results }
        let isAppended: Bool
        do {
            isAppended = try await metrics.timed { try await writer.append(plan) }
        } catch let error as PostgresError where error.outcomeUnknown {
            isAppended = try await settle(plan, until: deadline)
        }
        guard isAppended else { return nil }
        signal.committed(size: plan.batch.next.nextPosition.rawValue)
        metrics.appended(events: plan.batch.events.count)
        return plan.results
    }

    /// The connection broke while an append was under way. Once its epoch is fenced off, either the batch is in the
    /// log or it never will be. Throws ``LogError/outcomeUnknown`` if that cannot be found out in time: deciding anew
    /// could then append it twice.
    private func settle(_ plan: Plan<State>, until deadline: ContinuousClock.Instant) async throws -> Bool {
        while await connect(until: deadline), let writer {
            do {
                let isAppended = try await writer.holds(plan)
                metrics.resolved.increment()
                logger.notice("append with unknown outcome resolved", metadata: ["appended": "\(isAppended)"])
                return isAppended
            } catch {
                logger.warning("append with unknown outcome not resolved yet", metadata: ["error": "\(error)"])
                if deadline <= .now { break }
            }
        }
        throw LogError.outcomeUnknown
    }

    private enum Remedy {
        case tryAgain, tryEach, giveUp
    }

    /// After a failure that certainly appended nothing.
    private func remedy(for error: any Error, until deadline: ContinuousClock.Instant) async -> Remedy {
        guard let error = error as? PostgresError else {
            logger.critical("the log cannot be appended to", metadata: ["error": "\(error)"])
            if case LogError.otherSigner = error { return .giveUp }
            return .tryEach
        }
        logger.error("the log could not be appended to", metadata: ["error": "\(error)"])
        guard let writer, writer.isAlive else { return await connect(until: deadline) ? .tryAgain : .giveUp }
        guard deadline > .now else { return .giveUp }
        if error.isWorthRetrying { return .tryAgain }
        guard error.isMissingPartition else { return error.isAboutData ? .tryEach : .giveUp }
        do {
            try await writer.ensurePartitions()
            return .tryAgain
        } catch {
            logger.error("partitions could not be made", metadata: ["error": "\(error)"])
            return .giveUp
        }
    }

    private func answer(_ batch: [Mailbox<State>.Pending], _ results: [Plan<State>.Result]) {
        mailbox.putBack(batch.dropFirst(results.count))
        for (pending, result) in zip(batch, results) { pending.continuation.resume(with: result) }
    }

    // MARK: The connection

    /// Connects anew: at once, then with growing pauses, in which everybody who waits, and who comes, is told that the
    /// log is unavailable. False when the time is up; without a limit, only at shutdown.
    private func connect(until deadline: ContinuousClock.Instant?) async -> Bool {
        await writer?.close()
        writer = nil
        var backOff = BackOff()
        while !Task.isCancelled {
            do {
                writer = try await LogWriter.connect(
                    log: log, signer: signer, configuration: configuration, thread: thread, limits: limits,
                    clock: clock, random: random)
                mailbox.open()
                return true
            } catch {
                logger.warning("the log is unavailable", metadata: ["error": "\(error)"])
                mailbox.suspend()
                let isOver = if let deadline { deadline <= .now } else { mailbox.isClosed }
                if isOver { return false }
                try? await Task.sleep(for: backOff.next())
            }
        }
        return false
    }
}

import CoreMetrics
package import Logging
package import Postgres
import ServiceLifecycle

/// The one writer of a log in this process: takes all commands that wait, decides them in order, appends what they
/// come to in one commit, and answers everybody. While one batch is committed the next one gathers, so the time of a
/// commit sets the size of a batch, and no timer adds to anybody's latency.
///
/// What is done when is decided by ``WritePath``; here it is done. Correctness does not rest on being alone: the
/// head's compare-and-set decides which of several writers came first; who lost locks the head, looks again and decides
/// anew.
package actor Sequencer<State: StreamState>: Service {
    /// The sequencer and its connection live on one thread: a batch is planned, sent and answered without a switch.
    private nonisolated let thread = ConnectionThread(name: "sequencer")
    nonisolated let mailbox: Mailbox<State>
    private let log: LogID
    private let signer: LogSigner
    private let configuration: PostgresConfiguration
    private let limits: SequencerLimits
    private let clock: WallClock
    private let signal: CommitSignal
    private let logger: Logger
    private let metrics = SequencerMetrics()
    private var path: WritePath<State>
    private var writer: LogWriter<State>?
    private var backOff = BackOff()
    /// What was taken last from the mailbox.
    private var batch: [Mailbox<State>.Pending] = []

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
        self.signal = signal
        self.logger = logger
        mailbox = Mailbox(limits: limits)
        path = WritePath(origin: signer.origin, limits: limits, random: random)
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

    /// Does what the write path says, and tells it what came of that.
    private func work() async {
        var action = path.start()
        while let event = await perform(action) {
            action = path.handle(event, at: WritePath.Moment(wall: clock.now(), steady: .now))
        }
    }

    /// Nil: there is nothing to do any more.
    private func perform(_ action: WritePath<State>.Action) async -> WritePath<State>.Event? {
        switch action {
        case .connect(let afterPause): return await connect(afterPause: afterPause)
        case .take:
            metrics.conflicts.increment(by: path.conflicts)
            batch = []
            guard let next = await mailbox.next() else { return .closed }
            metrics.batchTaken(next.count, waiting: mailbox.depth)
            batch = next
            return .taken(next.map(\.command))
        case .ask(let request): return await ask(request)
        case .answer(let commands, let results, let committed):
            answer(commands, results, committed)
            return .answered
        case .refuse(let commands, let error):
            for pending in batch[commands] { pending.continuation.resume(throwing: error) }
            return .answered
        case .stop: return nil
        }
    }

    private func answer(_ commands: Range<Int>, _ results: [Plan<State>.Result], _ committed: AppendBatch?) {
        if let committed {
            signal.committed(size: committed.next.nextPosition.rawValue)
            metrics.appended(events: committed.events.count)
        }
        mailbox.putBack(batch[commands].dropFirst(results.count))
        for (pending, result) in zip(batch[commands], results) { pending.continuation.resume(with: result) }
    }

    // MARK: The database

    private func ask(_ request: WritePath<State>.Request) async -> WritePath<State>.Event {
        guard let writer else { return .failed(.connectionLost(mayHaveHappened: false)) }
        do {
            if case .append = request { return try await metrics.timed { try await writer.perform(request) } }
            let event = try await writer.perform(request)
            if case .settled(let isInLog) = event { settled(isInLog) }
            return event
        } catch {
            return .failed(failure(error, of: writer))
        }
    }

    private func settled(_ isInLog: Bool) {
        metrics.resolved.increment()
        logger.notice("append with unknown outcome resolved", metadata: ["appended": "\(isInLog)"])
    }

    private func failure(_ error: any Error, of writer: LogWriter<State>) -> WritePath<State>.Failure {
        guard let error = error as? PostgresError else {
            logger.critical("the log cannot be appended to", metadata: ["error": "\(error)"])
            return switch error {
            case LogError.otherSigner, LogError.foreignHead: .lasting
            default: .data
            }
        }
        logger.error("the log could not be appended to", metadata: ["error": "\(error)"])
        guard writer.isAlive else { return .connectionLost(mayHaveHappened: error.outcomeUnknown) }
        if error.isWorthRetrying { return .passing }
        if error.isMissingPartition { return .missingPartition }
        return error.isAboutData ? .data : .lasting
    }

    /// Connects at once, or after a pause that is longer every time. As long as there is no connection, everybody who
    /// waits, and who comes, is told that the log is unavailable.
    private func connect(afterPause: Bool) async -> WritePath<State>.Event {
        await writer?.close()
        writer = nil
        if !afterPause { backOff = BackOff() } else { try? await Task.sleep(for: backOff.next()) }
        guard !Task.isCancelled else { return .unreachable(.cancelled) }
        do {
            let head: LogHead
            (writer, head) = try await LogWriter.connect(
                log: log, signer: signer, configuration: configuration, thread: thread, limits: limits)
            mailbox.open()
            return .connected(head)
        } catch {
            logger.warning("the log is unavailable", metadata: ["error": "\(error)"])
            mailbox.suspend()
            return .unreachable(mailbox.isClosed ? .gracefully : nil)
        }
    }
}

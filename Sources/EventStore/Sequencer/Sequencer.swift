import CoreMetrics
package import Logging
package import Postgres
import ServiceLifecycle
import TransparencyLog

/// The one writer of a log in this process: takes all commands that wait, decides them in order, appends what they
/// come to in one commit, and answers everybody. While one batch is committed the next one gathers, so the time of a
/// commit sets the size of a batch, and no timer adds to anybody's latency.
///
/// Correctness does not rest on being alone. The head's compare-and-set decides which of several writers came first;
/// who lost looks again and decides anew.
package actor Sequencer<State: StreamState>: Service {
    /// The sequencer and its connection live on one thread: a batch is planned, sent and answered without a switch.
    private nonisolated let thread = ConnectionThread(name: "sequencer")
    nonisolated let mailbox: Mailbox<State>
    private let log: LogID
    private let origin: String
    private let configuration: PostgresConfiguration
    private let limits: SequencerLimits
    private let clock: WallClock
    private let random: RandomBytes
    private let signal: CommitSignal
    private let logger: Logger
    private let metrics = SequencerMetrics()
    private var session: Session?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.unownedExecutor }

    /// A connection, and what is known of the log as long as it lives.
    private struct Session {
        let database: LogDatabase
        var planner: BatchPlanner<State>
    }

    package init(
        log: LogID, origin: String, configuration: PostgresConfiguration, limits: SequencerLimits = SequencerLimits(),
        clock: WallClock = .system, random: RandomBytes = .system, signal: CommitSignal, logger: Logger
    ) {
        self.log = log
        self.origin = origin
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
        await session?.database.connection.close()
        session = nil
    }

    private func work() async {
        guard await connect() else { return }
        while let batch = await mailbox.next() {
            metrics.batchTaken(batch.count, waiting: mailbox.depth)
            await process(batch)
        }
    }

    private func process(_ batch: [Mailbox<State>.Pending]) async {
        let commands = batch.map(\.command)
        var failure = LogError.unavailable
        for _ in 1...limits.attempts {
            guard session != nil else { break }
            do {
                guard let results = try await attempt(commands) else {
                    metrics.conflicts.increment()
                    continue
                }
                answer(batch, results)
                return
            } catch let error as PostgresError {
                logger.error("the log could not be appended to", metadata: ["error": "\(error)"])
                guard await recover(from: error) else { break }
            } catch LogError.outcomeUnknown {
                failure = .outcomeUnknown
                break
            } catch {
                logger.critical("the log is damaged", metadata: ["error": "\(error)"])
                break
            }
        }
        for pending in batch { pending.continuation.resume(throwing: failure) }
    }

    /// One try: nil if another writer came first and it has to be decided anew.
    private func attempt(_ commands: [Command<State>]) async throws -> [Plan<State>.Result]? {
        guard let database = session?.database else { throw LogError.unavailable }
        try await load(commands, from: database)
        guard let plan = session?.planner.plan(commands, now: clock.now()) else { return nil }
        guard !plan.isEmpty else { return plan.results }
        let answer: LogDatabase.Answer
        do {
            answer = try await metrics.timed { try await database.append(plan.batch) }
        } catch let error as PostgresError where error.outcomeUnknown {
            return try await resolve(plan)
        }
        switch answer {
        case .appended:
            session?.planner.committed(plan)
            signal.committed(size: Int64(plan.batch.next.tree.size))
            metrics.appended(events: plan.batch.events.count)
            return plan.results
        case .headMoved(let head): session?.planner.adopt(head)
        case .streamMoved: try await adoptHead()
        case .duplicateKey:
            let keys = commands.flatMap { command in
                [command.key, command.claim].compactMap(\.self).map { OutcomeKey(command.tenant, $0.hash) }
            }
            for (key, outcome) in try await database.loadOutcomes(keys) { session?.planner.loaded(outcome, for: key) }
        }
        return nil
    }

    private func load(_ commands: [Command<State>], from database: LogDatabase) async throws {
        guard let missing = session?.planner.missingStreams(of: commands), !missing.isEmpty else { return }
        let entries = try await database.loadStreams(missing, as: State.self)
        for (key, entry) in zip(missing, entries) { session?.planner.loaded(entry, for: key) }
    }

    /// The connection broke while an append was under way. Once its epoch is fenced off, either the batch is in the
    /// log or it never will be.
    private func resolve(_ plan: Plan<State>) async throws -> [Plan<State>.Result]? {
        guard await connect(), let session else { throw LogError.outcomeUnknown }
        let isAppended = try await session.database.holds(plan.batch)
        metrics.resolved.increment()
        logger.notice("append with unknown outcome resolved", metadata: ["appended": "\(isAppended)"])
        guard isAppended else { return nil }
        signal.committed(size: Int64(plan.batch.next.tree.size))
        return plan.results
    }

    private func adoptHead() async throws {
        guard let head = try await session?.database.readHead() else { return }
        session?.planner.adopt(head)
    }

    /// After a failure that certainly appended nothing: whether it is worth another try.
    private func recover(from error: PostgresError) async -> Bool {
        guard let database = session?.database, database.connection.isAlive else { return await connect() }
        guard error.sqlState == Self.noPartition else { return error.isWorthRetrying }
        do {
            try await database.ensurePartitions(around: clock.now())
            return true
        } catch {
            logger.error("partitions could not be made", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// check_violation: no partition for the month yet.
    private static var noPartition: String { "23514" }

    /// Connects anew, waiting as long as it takes, and fences off whatever an earlier connection may still be doing.
    /// False only at shutdown. Meanwhile everybody else is told that the log is unavailable.
    private func connect() async -> Bool {
        await session?.database.connection.close()
        session = nil
        mailbox.suspend()
        var backOff = BackOff()
        while !Task.isCancelled, !mailbox.isClosed {
            do {
                let connection = try await PostgresConnection.connect(configuration, thread: thread)
                let database = LogDatabase(
                    log: log, connection: connection, deadline: .seconds(limits.statementSeconds))
                guard let head = try await database.fence() else {
                    throw LogError.corrupt("log \(log.rawValue) does not exist")
                }
                session = Session(
                    database: database,
                    planner: BatchPlanner(origin: origin, head: head, limits: limits, random: random))
                mailbox.open()
                return true
            } catch {
                logger.warning("the log is unavailable", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: backOff.next())
            }
        }
        return false
    }

    private func answer(_ batch: [Mailbox<State>.Pending], _ results: [Plan<State>.Result]) {
        mailbox.putBack(batch.dropFirst(results.count))
        for (pending, result) in zip(batch, results) { pending.continuation.resume(with: result) }
    }
}

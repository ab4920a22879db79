import Postgres
import TransparencyLog

/// A connection of the write path, and what is known of the log as long as it lives. Owned by one sequencer, on whose
/// thread everything here runs.
final class LogWriter<State: StreamState> {
    private let database: LogDatabase
    private var planner: BatchPlanner<State>
    private let signer: LogSigner
    private let clock: WallClock

    private init(database: LogDatabase, planner: BatchPlanner<State>, signer: LogSigner, clock: WallClock) {
        self.database = database
        self.planner = planner
        self.signer = signer
        self.clock = clock
    }

    /// Connects, and fences off whatever an earlier connection may still be doing.
    nonisolated(nonsending) static func connect(
        log: LogID, signer: LogSigner, configuration: PostgresConfiguration, thread: ConnectionThread,
        limits: SequencerLimits, clock: WallClock, random: RandomBytes
    ) async throws -> LogWriter {
        var configuration = configuration
        configuration.serverOptions.merge(plannerSettings) { $1 }
        // A process that is stopped while it holds the head's lock must not stop every other writer.
        configuration.serverOptions["idle_in_transaction_session_timeout"] = "\(limits.lockSeconds)s"
        let connection = try await PostgresConnection.connect(configuration, thread: thread)
        let database = LogDatabase(log: log, connection: connection, deadline: .seconds(limits.statementSeconds))
        do {
            let head = try await database.fence()
            try head.requireSigner(signer)
            let planner = BatchPlanner<State>(origin: signer.origin, head: head, limits: limits, random: random)
            return LogWriter(database: database, planner: planner, signer: signer, clock: clock)
        } catch {
            await connection.close()
            throw error
        }
    }

    /// The write path's few statements only ever look rows up by key. Plans made while tables are small must not scan
    /// them once they are large.
    private static var plannerSettings: [String: String] {
        [
            "enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off",
            "enable_memoize": "off", "jit": "off", "plan_cache_mode": "force_generic_plan",
        ]
    }

    var isAlive: Bool { database.connection.isAlive }

    nonisolated(nonsending) func close() async {
        await database.connection.close()
    }

    /// What the commands come to. Nil if what was known of the log turned out to be out of date.
    ///
    /// - Parameter locking: keep every other writer out until ``append(_:)``. It takes a round trip more, and cannot
    ///   be overtaken: without it, a writer that has lost a race would go on losing against one that is always a step
    ///   ahead.
    nonisolated(nonsending) func plan(
        _ commands: [Command<State>], locking: Bool
    ) async throws -> Plan<State>? {
        do {
            if locking {
                try await lock(commands)
            } else {
                let missing = planner.missingStreams(of: commands)
                if !missing.isEmpty { learn(missing, try await database.load(missing, as: State.self)) }
            }
            var plan = planner.plan(commands, now: clock.now())
            if !plan.isEmpty { try sign(&plan) }
            if locking {
                if plan.isEmpty { await database.connection.rollback() }
                return plan
            }
            return try await confirms(plan) ? plan : nil
        } catch {
            await undo()
            throw error
        }
    }

    /// One signature for all commands of a batch: the checkpoint is there with the events.
    private func sign(_ plan: inout Plan<State>) throws {
        let next = plan.batch.next
        let checkpoint = try signer.checkpoint(size: next.tree.size, root: next.root)
        plan.batch.next.checkpoint = String(decoding: checkpoint.encoded(), as: UTF8.self)
    }

    /// False if another writer came first, or a key is taken: it has to be decided anew.
    nonisolated(nonsending) func append(_ plan: Plan<State>) async throws -> Bool {
        let answer: LogDatabase.Answer
        do {
            answer = try await database.append(plan.batch, committing: database.connection.isInTransaction)
        } catch {
            await undo()
            throw error
        }
        switch answer {
        case .appended: planner.committed(plan)
        case .streamMoved: planner.forgetStreams()
        case .headMoved, .duplicateKey: break
        }
        return answer == .appended
    }

    /// Whether the plan of an earlier connection is in the log; if it is not, it never will be.
    nonisolated(nonsending) func holds(_ plan: Plan<State>) async throws -> Bool {
        try await database.holds(plan.batch)
    }

    nonisolated(nonsending) func ensurePartitions() async throws {
        try await PartitionKeeper.ensure(around: max(clock.now(), planner.head.recordedAt), on: database.connection)
    }

    private nonisolated(nonsending) func lock(_ commands: [Command<State>]) async throws {
        let streams = Array(
            Set(commands.flatMap { command in command.streams.map { StreamKey(command.tenant, $0) } }))
        let known = try await database.lock(
            streams: streams, outcomes: commands.flatMap(\.outcomeKeys), as: State.self)
        try known.head.requireSigner(signer)
        planner.adopt(known.head)
        learn(streams, known.streams)
        learn(known.outcomes)
    }

    /// What commands got as an answer without an event of theirs rests on memory alone, which another writer may have
    /// overtaken. Events need no such look: their append fails then.
    private nonisolated(nonsending) func confirms(_ plan: Plan<State>) async throws -> Bool {
        guard plan.restsOnMemory, plan.isEmpty || !plan.keysBelievedFree.isEmpty else { return true }
        let known = try await database.load(plan.keysBelievedFree)
        learn(known.outcomes)
        return known.outcomes.isEmpty && (!plan.isEmpty || known.head.nextPosition == planner.head.nextPosition)
    }

    private func learn(_ keys: [StreamKey], _ entries: [StreamEntry<State>]) {
        for (key, entry) in zip(keys, entries) { planner.loaded(entry, for: key) }
    }

    private func learn(_ outcomes: [(OutcomeKey, Outcome)]) {
        for (key, outcome) in outcomes { planner.loaded(outcome, for: key) }
    }

    private nonisolated(nonsending) func undo() async {
        if database.connection.isInTransaction { await database.connection.rollback() }
    }
}

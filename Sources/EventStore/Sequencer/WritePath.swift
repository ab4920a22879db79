/// How batches of commands get into the log, as a value without I/O, clock or tasks: told what has happened, it says
/// what to do next. One thing is under way at a time.
///
/// - A batch is decided on what is known in memory and appended in one round trip; the head's compare-and-set tells
///   whether that was up to date. If not, it is decided anew with the head locked.
/// - Refusals leave no event whose append could fail: what they rest on is looked up before they are given.
/// - An append whose answer was lost is settled: the new connection's fence makes its fate final, then the log is asked
///   for it. Until that is known nothing is decided anew, as it could be appended twice.
/// - What the database won't store is tried command by command, so that one bad command fails alone.
/// - Every try is counted, and has a deadline: then the callers are told to try again themselves.
struct WritePath<State: StreamState>: Sendable {
    /// What a new connection is needed for.
    private enum Purpose {
        case nextBatch, nextTry
        case settling(Plan<State>)
    }

    /// What was asked for last, with what is needed once it is there.
    private enum Phase {
        case connecting(Purpose)
        case waiting
        case loading([StreamKey])
        case locking([StreamKey])
        case lookingUp(Plan<State>)
        case unlocking(Plan<State>)
        case appending(Plan<State>)
        case settling(Plan<State>)
        case makingPartitions
        case answering
    }

    private let origin: String
    private let limits: SequencerLimits
    private let random: RandomBytes
    private var phase = Phase.connecting(.nextBatch)
    /// What is known of the log by way of the present connection; nil while there is none.
    private var planner: BatchPlanner<State>?
    private var batch: [Command<State>] = []
    /// Those of the batch that are carried out at present: all, or one.
    private var commands = 0..<0
    /// How often they were tried.
    private var tries = 0
    /// When they are given up. Nil between batches.
    private var deadline: ContinuousClock.Instant?
    /// Those of a batch that is carried out command by command whose turn is still to come.
    private var singles = 0..<0
    /// How often the present batch had to be decided anew because another writer came first, or may have.
    private(set) var conflicts = 0

    init(origin: String, limits: SequencerLimits, random: RandomBytes) {
        // What was read for a batch must still be known when it is decided; a command has at most two keys.
        precondition(limits.cachedOutcomes >= 4 * limits.batchCommands, "a batch's outcomes don't fit into memory")
        self.origin = origin
        self.limits = limits
        self.random = random
    }

    /// What to do first.
    mutating func start() -> Action {
        connect(for: .nextBatch)
    }

    /// What to do next, now that this came of the last action.
    mutating func handle(_ event: Event, at now: Moment) -> Action {
        switch (phase, event) {
        case (.connecting(let purpose), .connected(let head)): return connected(head, for: purpose, now)
        case (.connecting(let purpose), .unreachable(let closing)): return unreachable(purpose, closing, now)
        case (.waiting, .taken(let commands)):
            batch = commands
            conflicts = 0
            return begin(commands.indices, now)
        case (.waiting, .closed): return .stop
        case (.loading(let keys), .loaded(let entries)):
            learn(keys, entries)
            return decide(isLocked: false, now)
        case (.locking(let keys), .locked(let known)):
            planner?.adopt(known.head)
            learn(keys, known.streams)
            learn(known.outcomes)
            return decide(isLocked: true, now)
        case (.lookingUp(let plan), .lookedUp(let known)): return lookedUp(known, plan, now)
        case (.unlocking(let plan), .unlocked): return answer(plan)
        case (.appending(let plan), .appended(let status)): return appended(status, plan, now)
        case (.appending(let plan), .failed(.connectionLost(mayHaveHappened: true))):
            return connect(for: .settling(plan))
        case (.settling(let plan), .settled(let isInLog)): return isInLog ? answer(plan) : decideAnew(now)
        case (.settling(let plan), .failed):
            return isLate(now) ? refuse(.outcomeUnknown) : connect(for: .settling(plan))
        case (.makingPartitions, .partitionsMade): return nextTry(now)
        case (.makingPartitions, .failed): return refuse(.unavailable)
        case (_, .failed(let failure)): return remedy(failure, now)
        case (.answering, .answered): return answered(now)
        default: preconditionFailure("\(event) is no answer to what was asked for")
        }
    }
}

// MARK: The connection

extension WritePath {
    private mutating func connect(for purpose: Purpose) -> Action {
        planner = nil
        phase = .connecting(purpose)
        return .connect(afterPause: false)
    }

    private mutating func connected(_ head: LogHead, for purpose: Purpose, _ now: Moment) -> Action {
        planner = BatchPlanner(origin: origin, head: head, limits: limits, random: random)
        switch purpose {
        case .nextBatch:
            phase = .waiting
            return .take
        case .nextTry: return nextTry(now)
        case .settling(let plan):
            phase = .settling(plan)
            return .ask(.settle(plan.batch))
        }
    }

    /// Between batches there is all the time in the world; a batch has its deadline.
    private mutating func unreachable(_ purpose: Purpose, _ closing: Closing?, _ now: Moment) -> Action {
        let isOver = closing == .cancelled || isLate(now)
        switch purpose {
        case .nextBatch: return closing == nil ? .connect(afterPause: true) : .stop
        case .nextTry: return isOver ? refuse(.unavailable) : .connect(afterPause: true)
        case .settling: return isOver ? refuse(.outcomeUnknown) : .connect(afterPause: true)
        }
    }
}

// MARK: A try

extension WritePath {
    private mutating func begin(_ commands: Range<Int>, _ now: Moment) -> Action {
        self.commands = commands
        tries = 0
        deadline = now.steady + .seconds(limits.retrySeconds)
        return nextTry(now)
    }

    private func isLate(_ now: Moment) -> Bool {
        deadline.map { $0 <= now.steady } ?? false
    }

    /// The first try is made without a lock: one writer is the rule. Any other one keeps all other writers out: it takes
    /// a round trip more, and cannot be overtaken. A writer that has lost a race would otherwise go on losing against
    /// one that is always a step ahead.
    private mutating func nextTry(_ now: Moment) -> Action {
        guard planner != nil, tries < limits.attempts else { return refuse(.unavailable) }
        tries += 1
        let commands = batch[commands]
        if tries > 1 {
            let streams = Set(commands.flatMap { command in command.streams.map { StreamKey(command.tenant, $0) } })
            let keys = Array(streams)
            phase = .locking(keys)
            return .ask(.lock(keys, commands.flatMap(\.outcomeKeys)))
        }
        let missing = planner?.missingStreams(of: commands) ?? []
        if missing.isEmpty { return decide(isLocked: false, now) }
        phase = .loading(missing)
        return .ask(.load(missing))
    }

    private mutating func decide(isLocked: Bool, _ now: Moment) -> Action {
        guard let plan = planner?.plan(batch[commands], now: now.wall) else { return refuse(.unavailable) }
        if isLocked {
            guard plan.isEmpty else { return append(plan) }
            phase = .unlocking(plan)
            return .ask(.unlock)
        }
        // An append fails if another writer came first, so beside one only keys must be looked up.
        if plan.restsOnMemory, plan.isEmpty || !plan.keysBelievedFree.isEmpty {
            phase = .lookingUp(plan)
            return .ask(.lookUp(plan.keysBelievedFree))
        }
        return plan.isEmpty ? answer(plan) : append(plan)
    }

    private mutating func lookedUp(_ known: KnownOutcomes, _ plan: Plan<State>, _ now: Moment) -> Action {
        learn(known.outcomes)
        guard known.outcomes.isEmpty else { return decideAnew(now) }
        if !plan.isEmpty { return append(plan) }
        return known.head.nextPosition == planner?.head.nextPosition ? answer(plan) : decideAnew(now)
    }

    private mutating func append(_ plan: Plan<State>) -> Action {
        phase = .appending(plan)
        return .ask(.append(plan.batch))
    }

    private mutating func appended(_ status: AppendStatus, _ plan: Plan<State>, _ now: Moment) -> Action {
        switch status {
        case .appended:
            planner?.committed(plan)
            return answer(plan)
        case .streamMoved: planner?.forgetStreams()
        case .headMoved, .duplicateKey: break
        }
        return decideAnew(now)
    }

    private mutating func decideAnew(_ now: Moment) -> Action {
        conflicts += 1
        return nextTry(now)
    }

    private mutating func learn(_ keys: [StreamKey], _ entries: [StreamEntry<State>]) {
        for (key, entry) in zip(keys, entries) { planner?.loaded(entry, for: key) }
    }

    private mutating func learn(_ outcomes: [(OutcomeKey, Outcome)]) {
        for (key, outcome) in outcomes { planner?.loaded(outcome, for: key) }
    }
}

// MARK: Failures and answers

extension WritePath {
    /// After a failure that certainly appended nothing.
    private mutating func remedy(_ failure: Failure, _ now: Moment) -> Action {
        switch failure {
        case .connectionLost: return connect(for: .nextTry)
        case .missingPartition:
            // However late it is: no later batch could do without it.
            phase = .makingPartitions
            return .ask(.makePartitions(max(now.wall, planner?.head.recordedAt ?? now.wall)))
        case _ where isLate(now): return refuse(.unavailable)
        case .passing: return nextTry(now)
        case .data where commands.count > 1:
            singles = commands
            return answered(now)
        case .data, .lasting: return refuse(.unavailable)
        }
    }

    private mutating func answer(_ plan: Plan<State>) -> Action {
        phase = .answering
        return .answer(commands, plan.results, plan.isEmpty ? nil : plan.batch)
    }

    private mutating func refuse(_ error: LogError) -> Action {
        phase = .answering
        return .refuse(commands, error)
    }

    private mutating func answered(_ now: Moment) -> Action {
        if let next = singles.popFirst() { return begin(next..<next + 1, now) }
        batch = []
        deadline = nil
        if planner == nil { return connect(for: .nextBatch) }
        phase = .waiting
        return .take
    }
}

import TransparencyLog

/// The write path's decisions, as a value without I/O: what it knows of the log, what a batch of commands would append,
/// and what is known after the database has spoken.
struct BatchPlanner<State: StreamState>: Sendable {
    let origin: String
    let limits: SequencerLimits
    let random: RandomBytes
    private(set) var head: LogHead
    private var streams: StreamCache<State>
    private var outcomes: OutcomeCache

    init(origin: String, head: LogHead, limits: SequencerLimits, random: RandomBytes) {
        self.origin = origin
        self.head = head
        self.limits = limits
        self.random = random
        streams = StreamCache(capacity: limits.cachedStreams)
        outcomes = OutcomeCache(capacity: limits.cachedOutcomes)
    }

    /// The streams of these commands whose heads must be loaded before ``plan(_:now:)``.
    mutating func missingStreams(of commands: some Sequence<Command<State>>) -> [StreamKey] {
        var missing: Set<StreamKey> = []
        for command in commands {
            for stream in command.streams {
                let key = StreamKey(command.tenant, stream)
                if streams.find(key) == nil { missing.insert(key) }
            }
        }
        return Array(missing)
    }

    mutating func loaded(_ entry: StreamEntry<State>, for key: StreamKey) {
        streams.insert(entry, for: key)
    }

    mutating func loaded(_ outcome: Outcome, for key: OutcomeKey) {
        outcomes.insert(outcome, for: key)
    }

    /// Decides the commands one after the other, each on what those before it decided, until a limit is reached.
    mutating func plan(_ commands: some Collection<Command<State>>, now: EventTime) -> Plan<State> {
        var plan = Plan<State>(head: head, recordedAt: max(now, head.recordedAt))
        for command in commands {
            if plan.batch.events.count >= limits.batchEvents || plan.batch.byteCount >= limits.batchBytes { break }
            plan.results.append(decide(command, into: &plan))
        }
        for (key, touched) in plan.touched { plan.addStreamHead(key, touched) }
        plan.batch.next.root = plan.batch.next.tree.root()
        return plan
    }

    /// The database has taken the plan: what it decided is now what is known.
    mutating func committed(_ plan: Plan<State>) {
        head = plan.batch.next
        for (key, touched) in plan.touched { streams.insert(touched.entry, for: key) }
        for (key, outcome) in plan.outcomes { outcomes.insert(outcome, for: key) }
    }

    /// The head as the database has it. If it has grown, another writer was here, and what is known of the streams is
    /// out of date.
    mutating func adopt(_ head: LogHead) {
        if head.tree.size != self.head.tree.size { forgetStreams() }
        self.head = head
    }

    mutating func forgetStreams() {
        streams.removeAll()
    }

    private mutating func decide(_ command: Command<State>, into plan: inout Plan<State>) -> Plan<State>.Result {
        if let key = command.key, let outcome = outcome(key, of: command.tenant, in: plan) {
            guard outcome.fingerprint == key.fingerprint else { return .failure(LogError.keyReused) }
            return .success(Accepted(position: outcome.position, response: outcome.response, isReplay: true))
        }
        var claimHolder: LogPosition?
        if let claim = command.claim { claimHolder = outcome(claim, of: command.tenant, in: plan)?.position }
        var entries: [(id: StreamID, entry: StreamEntry<State>)] = []
        for stream in command.streams {
            let key = StreamKey(command.tenant, stream)
            guard let entry = plan.touched[key]?.entry ?? streams.find(key) else {
                return .failure(LogError.unavailable)  // evicted since it was loaded: more streams than the cache holds
            }
            entries.append((stream, entry))
        }
        var draft = Draft<State>(
            now: plan.batch.next.recordedAt, firstPosition: plan.batch.next.nextPosition, claimHolder: claimHolder,
            streams: entries)
        let response: [UInt8]
        do {
            response = try command.decide(&draft)
        } catch {
            decidedNothing(command, in: &plan)
            return .failure(error)
        }
        guard !draft.events.isEmpty else {
            decidedNothing(command, in: &plan)
            return .success(Accepted(position: nil, response: response, isReplay: false))
        }
        // Nobody's claim is taken twice; in a batch, such a command would take all others down with it.
        guard claimHolder == nil else { return .failure(LogError.keyReused) }
        guard command.canSeal(draft.events.lazy.map(\.event.type), log: origin) else {
            return .failure(LogError.notSealable)
        }
        plan.add(draft, of: command, response: response, origin: origin, random: random) { streams.find($0)?.version }
        return .success(Accepted(position: draft.firstPosition, response: response, isReplay: false))
    }

    private mutating func decidedNothing(_ command: Command<State>, in plan: inout Plan<State>) {
        plan.restsOnMemory = true
        for key in [command.key, command.claim].compactMap(\.self)
        where outcome(key, of: command.tenant, in: plan) == nil {
            plan.keysBelievedFree.append(OutcomeKey(command.tenant, key.hash))
        }
    }

    private mutating func outcome(_ key: UniqueKey, of tenant: TenantID, in plan: Plan<State>) -> Outcome? {
        let key = OutcomeKey(tenant, key.hash)
        return plan.outcomes[key] ?? outcomes.find(key)
    }
}

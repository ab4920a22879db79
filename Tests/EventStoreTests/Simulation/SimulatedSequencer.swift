import EventStore
import TransparencyLog

@testable import EventStore

/// Drives a ``WritePath`` as the sequencer does, against a ``SimulatedServer`` and a step at a time.
struct SimulatedSequencer {
    typealias Path = WritePath<Balance>

    struct Answer {
        let wish: Int
        let result: Result<Accepted, any Error>
    }

    private var path: Path
    private var action: Path.Action
    private var session: Int?
    /// Something was sent, and no answer came yet.
    private var isWaiting = false
    private(set) var isOpen = false
    private(set) var queue: [Int] = []
    private var batch: [Int] = []
    /// For whoever has waited; taken away by the simulation.
    var answers: [Answer] = []
    /// Does nothing for so many steps.
    var stepsPaused = 0
    /// Can't reach the server for so many steps; others can.
    var stepsCutOff = 0
    /// The size of the log as last seen, for the mistakes that are made with it.
    private var lastHead: LogHead?
    private let batchCommands: Int
    private let bug: PlantedBug?

    init(limits: SequencerLimits, random: RandomBytes, bug: PlantedBug?) {
        path = Path(origin: "log.test/simulation", limits: limits, random: random)
        action = path.start()
        batchCommands = limits.batchCommands
        self.bug = bug
    }

    var isIdle: Bool { if case .take = action { queue.isEmpty } else { false } }
    var hasSession: Int? { session }

    mutating func submit(_ wish: Int) {
        if isOpen { queue.append(wish) } else { refuse([wish], .unavailable) }
    }

    /// False if there is nothing to do but to wait.
    mutating func step(_ server: inout SimulatedServer, _ wishes: [Wish], at now: Path.Moment) -> Bool {
        guard let event = event(&server, wishes) else { return false }
        if case .waiting = event { return true }
        if case .path(let event) = event { action = path.handle(event, at: now) }
        return true
    }

    private enum Step {
        case waiting
        case path(Path.Event)
    }

    private mutating func event(_ server: inout SimulatedServer, _ wishes: [Wish]) -> Step? {
        switch action {
        case .connect: return connect(&server)
        case .take:
            guard !queue.isEmpty else { return nil }
            batch = Array(queue.prefix(batchCommands))
            queue.removeFirst(batch.count)
            return .path(.taken(batch.map { wishes[$0].command }))
        case .ask(let request): return ask(request, &server)
        case .answer(let commands, let results, let committed):
            if let committed { lastHead = committed.next }
            queue.insert(contentsOf: batch[commands].dropFirst(results.count), at: 0)
            for (wish, result) in zip(batch[commands], results) { answers.append(Answer(wish: wish, result: result)) }
            return .path(.answered)
        case .refuse(let commands, let error):
            refuse(batch[commands], error)
            return .path(.answered)
        case .stop: return nil
        }
    }

    private mutating func refuse(_ wishes: some Sequence<Int>, _ error: LogError) {
        for wish in wishes { answers.append(Answer(wish: wish, result: .failure(error))) }
    }

    // MARK: The database

    private mutating func connect(_ server: inout SimulatedServer) -> Step? {
        if isWaiting, let session {
            switch server.receive(from: session) {
            case .nothing: return nil
            case .lost: return unreachable()
            case .answer(let event):
                isWaiting = false
                isOpen = true
                if case .connected(let head) = event { lastHead = head }
                return .path(event)
            }
        }
        if let session { server.leave(session) }
        session = stepsCutOff == 0 ? server.open() : nil
        isWaiting = session != nil
        return session == nil ? unreachable() : .waiting
    }

    private mutating func unreachable() -> Step {
        isWaiting = false
        isOpen = false
        refuse(queue, .unavailable)
        queue = []
        return .path(.unreachable(nil))
    }

    private mutating func ask(_ request: Path.Request, _ server: inout SimulatedServer) -> Step? {
        guard let session else { return lost(mayHaveHappened: isWaiting) }
        if isWaiting {
            switch server.receive(from: session) {
            case .nothing: return nil
            case .lost: return lost(mayHaveHappened: true)
            case .answer(let event):
                isWaiting = false
                if case .locked(let known) = event { lastHead = known.head }
                return .path(event)
            }
        }
        if bug == .settledFromMemory, case .settle(let batch) = request, let lastHead {
            return .path(.settled(isInLog: lastHead.tree.size >= batch.next.tree.size))
        }
        if bug == .refusedFromMemory, case .lookUp = request, let lastHead { return .path(.lookedUp(([], lastHead))) }
        guard server.send(request, to: session) else { return lost(mayHaveHappened: false) }
        isWaiting = true
        return .waiting
    }

    private mutating func lost(mayHaveHappened: Bool) -> Step {
        isWaiting = false
        return .path(.failed(.connectionLost(mayHaveHappened: mayHaveHappened && bug != .triedAgainBlindly)))
    }

    /// The client's side of the connection breaks.
    mutating func lose(_ server: inout SimulatedServer, requestArrives: Bool, stepsDelayed: Int = 0) {
        guard let session else { return }
        server.leave(session, requestArrives: requestArrives, stepsDelayed: stepsDelayed)
        self.session = nil
    }
}

import EventStore
import Foundation
import TransparencyLog

@testable import EventStore

/// A database server as the write path sees it: one log, sessions that outlive their clients, a lock on the head, and
/// the time between carrying something out and committing it.
struct SimulatedServer {
    typealias Path = WritePath<Balance>

    enum Request {
        case fence
        case path(Path.Request)
    }

    struct Event {
        let id: UUID
        let wish: Int
        let stream: StreamKey
        let version: Int64
        let recordedAt: EventTime
    }

    struct Session {
        let id: Int
        /// Sent by the client; on its way, waiting for the lock, or being carried out.
        var request: Request?
        /// On its way to the client.
        var answer: Path.Event?
        /// False once the server's side is over.
        var isAlive = true
        /// False once the client's side is over: what was sent may still be carried out.
        var hasClient = true
        /// How much longer what was sent by a client that is gone takes to arrive.
        var stepsDelayed = 0
        /// Written, but not committed.
        var staged: AppendBatch?
        /// The first half of a look-up.
        var outcomes: [(OutcomeKey, Outcome)]?
    }

    private(set) var head: LogHead
    private(set) var events: [Event] = []
    private(set) var streams: [StreamKey: StreamEntry<Balance>] = [:]
    private(set) var outcomes: [OutcomeKey: Outcome] = [:]
    private(set) var sessions: [Session] = []
    /// The session that has the head locked.
    private(set) var lockHolder: Int?
    /// The tree over all that was committed, made by the server itself.
    private(set) var tree = CompactRange()
    /// What must never happen and did.
    private(set) var violation: String?
    /// Restarting takes that many steps.
    var stepsDown = 0
    /// What the next request runs into.
    var nextFailure: Path.Failure?
    private var partitionsEnd: EventTime
    private let unstorable: Set<Int>
    private let bug: PlantedBug?
    private var lastSession = 0

    init(unstorable: Set<Int>, partitionsEnd: EventTime, bug: PlantedBug?) {
        self.unstorable = unstorable
        self.partitionsEnd = partitionsEnd
        self.bug = bug
        head = LogHead(
            epoch: 0, tree: CompactRange(), root: MerkleTree.emptyRoot, recordedAt: EventTime(microseconds: 0),
            signer: "", checkpoint: "")
    }

    private func index(_ id: Int) -> Int? { sessions.firstIndex { $0.id == id } }
}

// MARK: The client's side

extension SimulatedServer {
    /// Nil while the server is down.
    mutating func open() -> Int? {
        guard stepsDown == 0 else { return nil }
        lastSession += 1
        sessions.append(Session(id: lastSession, request: .fence))
        return lastSession
    }

    /// False if the session is known to be over: nothing was sent.
    mutating func send(_ request: Path.Request, to session: Int) -> Bool {
        guard let index = index(session), sessions[index].isAlive else { return false }
        sessions[index].request = .path(request)
        return true
    }

    enum Received {
        case nothing, lost
        case answer(Path.Event)
    }

    mutating func receive(from session: Int) -> Received {
        guard let index = index(session) else { return .lost }
        if let answer = sessions[index].answer.take() { return .answer(answer) }
        return sessions[index].isAlive ? .nothing : .lost
    }

    /// The client's side ends. What it has sent, arrives or not.
    mutating func leave(_ session: Int, requestArrives: Bool = true, stepsDelayed: Int = 0) {
        guard let index = index(session) else { return }
        sessions[index].hasClient = false
        sessions[index].stepsDelayed = stepsDelayed
        sessions[index].answer = nil
        if !requestArrives, sessions[index].staged == nil { sessions[index].request = nil }
    }
}

// MARK: The server's side

extension SimulatedServer {
    /// Ends a session from the server's side: what is not committed is undone.
    mutating func terminate(_ session: Int) {
        guard let index = index(session) else { return }
        sessions[index].isAlive = false
        sessions[index].request = nil
        sessions[index].staged = nil
        unlock(session)
    }

    mutating func restart(steps: Int) {
        stepsDown = steps
        for session in sessions { terminate(session.id) }
    }

    /// One step of one session. False if it has nothing to do, or waits for the lock.
    mutating func step(_ index: Int) -> Bool {
        let session = sessions[index]
        guard session.isAlive else {
            if !session.hasClient { sessions.remove(at: index) }
            return !session.hasClient
        }
        if session.stepsDelayed > 0 {
            sessions[index].stepsDelayed -= 1
            return true
        }
        if let batch = session.staged {
            commit(batch, index)
            return true
        }
        guard let request = session.request else {
            // The server sees that its client is gone only when it reads.
            if !session.hasClient { terminate(session.id) }
            return !session.hasClient
        }
        if let failure = nextFailure, isFree(for: session.id), case .path(let request) = request {
            nextFailure = nil
            unlock(session.id)
            if case .unlock = request { return answer(.unlocked, index) }
            return answer(.failed(failure), index)
        }
        return carryOut(request, index)
    }

    private mutating func carryOut(_ request: Request, _ index: Int) -> Bool {
        let id = sessions[index].id
        let isFree = isFree(for: id)
        switch request {
        case .fence:
            if bug == .notFenced { return answer(.connected(head), index) }
            guard isFree else { return false }
            head.epoch += 1
            return answer(.connected(head), index)
        case .path(.load(let keys)): return answer(.loaded(keys.map(entry)), index)
        case .path(.lock(let keys, let outcomeKeys)):
            guard isFree else { return false }
            lockHolder = id
            return answer(.locked((head, keys.map(entry), found(outcomeKeys))), index)
        case .path(.unlock):
            unlock(id)
            return answer(.unlocked, index)
        case .path(.lookUp(let keys)):
            // Two statements: something may be committed between them.
            guard let outcomes = sessions[index].outcomes.take() else {
                sessions[index].outcomes = found(keys)
                return true
            }
            return answer(.lookedUp((outcomes, head)), index)
        case .path(.append(let batch)):
            guard isFree else { return false }
            append(batch, index)
            return true
        case .path(.settle(let batch)):
            let position = Int(batch.expected.tree.size)
            let isInLog = position < events.count && events[position].id == batch.events.ids[0]
            return answer(.settled(isInLog: isInLog), index)
        case .path(.makePartitions(let time)):
            partitionsEnd = max(partitionsEnd, time.adding(seconds: 31 * 86_400))
            return answer(.partitionsMade, index)
        }
    }

    private mutating func answer(_ event: Path.Event, _ index: Int) -> Bool {
        sessions[index].request = nil
        if sessions[index].hasClient { sessions[index].answer = event }
        return true
    }

    private func isFree(for session: Int) -> Bool {
        lockHolder == nil || lockHolder == session
    }

    private mutating func unlock(_ session: Int) {
        if lockHolder == session { lockHolder = nil }
    }

    private func entry(_ key: StreamKey) -> StreamEntry<Balance> {
        streams[key] ?? StreamEntry(version: .none, state: nil)
    }

    private func found(_ keys: [OutcomeKey]) -> [(OutcomeKey, Outcome)] {
        keys.compactMap { key in outcomes[key].map { (key, $0) } }
    }
}

// MARK: Appending

extension SimulatedServer {
    private mutating func append(_ batch: AppendBatch, _ index: Int) {
        let id = sessions[index].id
        if let answer = refusal(of: batch) {
            // A conflict is committed with nothing written, an error rolled back.
            unlock(id)
            _ = self.answer(answer, index)
            return
        }
        lockHolder = id
        sessions[index].staged = batch
        if bug == .answeredBeforeCommit { _ = answer(.appended(.appended), index) }
    }

    private func refusal(of batch: AppendBatch) -> Path.Event? {
        let isExpected =
            batch.expected.tree.size == head.tree.size && batch.expected.epoch == head.epoch
            && head.recordedAt <= batch.next.recordedAt
        guard isExpected || bug == .headNotCompared else { return .appended(.headMoved) }
        if batch.next.recordedAt >= partitionsEnd { return .failed(.missingPartition) }
        if batch.events.requests.contains(where: { $0.map { unstorable.contains($0.wish) } ?? true }) {
            return .failed(.data)
        }
        for (row, name) in batch.streams.streams.enumerated() {
            guard let key = key(name) else { return .failed(.data) }
            if entry(key).version.rawValue != batch.streams.expected[row] { return .appended(.streamMoved) }
        }
        for row in batch.outcomes.positions.indices where outcomes[outcomeKey(batch, row)] != nil {
            return .appended(.duplicateKey)
        }
        return nil
    }

    private mutating func commit(_ batch: AppendBatch, _ index: Int) {
        let first = Int64(events.count)
        for row in 0..<batch.events.count {
            guard let key = key(batch.events.streams[row]) else { continue }
            events.append(
                Event(
                    id: batch.events.ids[row], wish: batch.events.requests[row]?.wish ?? -1, stream: key,
                    version: batch.events.versions[row], recordedAt: batch.next.recordedAt))
            let start = row * TreeHash.byteCount
            guard let commitment = TreeHash(batch.events.commitments[start..<start + TreeHash.byteCount]) else {
                violation = "a commitment is not 32 bytes"
                return
            }
            tree.append(MerkleTree.leafHash(of: commitment))
        }
        for (row, name) in batch.streams.streams.enumerated() {
            guard let key = key(name) else { continue }
            let state = batch.streams.states[row].flatMap { try? Balance(snapshot: Array($0.utf8)) }
            streams[key] = StreamEntry(version: StreamVersion(batch.streams.versions[row]), state: state)
        }
        for row in batch.outcomes.positions.indices {
            let start = row * TreeHash.byteCount
            guard let print = TreeHash(batch.outcomes.fingerprints[start..<start + TreeHash.byteCount]) else {
                continue
            }
            let responseStart = batch.outcomes.responseLengths[..<row].reduce(0, +)
            let response = batch.outcomes.responses[responseStart...].prefix(batch.outcomes.responseLengths[row])
            outcomes[outcomeKey(batch, row)] = Outcome(
                fingerprint: print, position: LogPosition(batch.outcomes.positions[row]), response: Array(response))
        }
        let epoch = head.epoch
        head = batch.next
        head.epoch = epoch
        if head.tree != tree || head.root != tree.root() {
            violation = "the head after position \(first) is not that of the tree of all events"
        }
        sessions[index].staged = nil
        unlock(sessions[index].id)
        if bug != .answeredBeforeCommit { _ = answer(.appended(.appended), index) }
    }

    private func key(_ stream: String) -> StreamKey? {
        StreamID(stream).map { StreamKey(Wish.tenant, $0) }
    }

    private func outcomeKey(_ batch: AppendBatch, _ row: Int) -> OutcomeKey {
        let start = row * TreeHash.byteCount
        let hash = TreeHash(batch.outcomes.keys[start..<start + TreeHash.byteCount])
        return OutcomeKey(Wish.tenant, hash ?? MerkleTree.emptyRoot)
    }
}

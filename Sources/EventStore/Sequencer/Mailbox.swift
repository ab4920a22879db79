import Synchronization

/// The commands that wait for the sequencer. Small state under a lock; continuations are resumed outside of it.
final class Mailbox<State: StreamState>: Sendable {
    struct Pending: Sendable {
        let command: Command<State>
        let continuation: CheckedContinuation<Accepted, any Error>
    }

    private enum Availability {
        case open, unavailable, closed
    }

    private struct Contents {
        var queue: [Pending] = []
        var availability = Availability.unavailable
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let limits: SequencerLimits
    private let contents = Mutex(Contents())

    init(limits: SequencerLimits) {
        self.limits = limits
    }

    var isOpen: Bool { contents.withLock { $0.availability == .open } }
    var isClosed: Bool { contents.withLock { $0.availability == .closed } }
    var depth: Int { contents.withLock { $0.queue.count } }

    /// Puts the command at the end of the queue, and waits for what comes of it. Throws at once if the queue is full,
    /// or nobody empties it.
    func submit(_ command: Command<State>) async throws -> Accepted {
        try await withCheckedThrowingContinuation { continuation in
            let pending = Pending(command: command, continuation: continuation)
            let (refusal, waiter) = contents.withLock { contents -> (LogError?, CheckedContinuation<Void, Never>?) in
                switch contents.availability {
                case .closed: return (.stopped, nil)
                case .unavailable: return (.unavailable, nil)
                case .open where contents.queue.count >= limits.queuedCommands:
                    return (.overloaded(retryAfterSeconds: limits.retryAfterSeconds), nil)
                case .open:
                    contents.queue.append(pending)
                    return (nil, contents.waiter.take())
                }
            }
            if let refusal { continuation.resume(throwing: refusal) }
            waiter?.resume()
        }
    }

    /// All that waits, up to the limit of a batch; waits for the first. Nil when closed and empty.
    func next() async -> [Pending]? {
        while true {
            let (batch, isClosed) = contents.withLock { contents -> ([Pending], Bool) in
                let batch = Array(contents.queue.prefix(limits.batchCommands))
                contents.queue.removeFirst(batch.count)
                return (batch, contents.availability == .closed)
            }
            if !batch.isEmpty { return batch }
            if isClosed { return nil }
            await withCheckedContinuation { continuation in
                let isReady = contents.withLock { contents in
                    if !contents.queue.isEmpty || contents.availability == .closed { return true }
                    contents.waiter = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
    }

    /// Puts commands that were left over back to the front.
    func putBack(_ pending: some Collection<Pending>) {
        contents.withLock { $0.queue.insert(contentsOf: pending, at: 0) }
    }

    func open() {
        contents.withLock { contents in
            if contents.availability == .unavailable { contents.availability = .open }
        }
    }

    /// While the database is away: answers everybody who waits, and who comes, at once.
    func suspend() {
        refuseAll(.unavailable) { contents in
            if contents.availability == .open { contents.availability = .unavailable }
        }
    }

    /// Takes nothing any more; what is queued is still carried out.
    func close() {
        let waiter = contents.withLock { contents in
            contents.availability = .closed
            return contents.waiter.take()
        }
        waiter?.resume()
    }

    func refuseAll(_ error: LogError) {
        refuseAll(error) { _ in }
    }

    private func refuseAll(_ error: LogError, _ change: (inout sending Contents) -> Void) {
        let refused = contents.withLock { contents in
            change(&contents)
            defer { contents.queue = [] }
            return contents.queue
        }
        for pending in refused { pending.continuation.resume(throwing: error) }
    }
}

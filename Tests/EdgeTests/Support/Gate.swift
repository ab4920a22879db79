import Synchronization

/// Lets a test hold handlers, know how many wait, and let them go.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        var arrivals = 0
        var observers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    var arrivals: Int { state.withLock { $0.arrivals } }

    /// Counts as an arrival without waiting.
    func arrive() {
        let reached = state.withLock { state in
            state.arrivals += 1
            defer { state.observers.removeAll { $0.count <= state.arrivals } }
            return state.observers.filter { $0.count <= state.arrivals }.map(\.continuation)
        }
        for continuation in reached { continuation.resume() }
    }

    func pass() async {
        arrive()
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns when `count` handlers have arrived in all.
    func arrived(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isReached = state.withLock { state in
                if state.arrivals >= count { return true }
                state.observers.append((count, continuation))
                return false
            }
            if isReached { continuation.resume() }
        }
    }
}

import Synchronization

/// Wakes subscribers in this process after a commit. A hint only: a missed one costs a poll, never an event.
package final class CommitSignal: Sendable {
    private struct State {
        var size: Int64 = 0
        var waiters: [Int: (size: Int64, continuation: CheckedContinuation<Void, Never>)] = [:]
        var nextWaiter = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// The largest size of the log that this process has heard of.
    package var size: Int64 { state.withLock { $0.size } }

    /// The log has at least that many events.
    package func committed(size: Int64) {
        let waiters = state.withLock { state in
            state.size = max(state.size, size)
            let ready = state.waiters.filter { $0.value.size < state.size }
            for id in ready.keys { state.waiters[id] = nil }
            return ready
        }
        for waiter in waiters.values { waiter.continuation.resume() }
    }

    /// Returns when the log is larger than that, as far as this process knows, or after the pause, or on cancellation.
    package func wait(beyond size: Int64, atMost pause: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait(beyond: size) }
            group.addTask { try? await Task.sleep(for: pause) }
            await group.next()
            group.cancelAll()
        }
    }

    private func wait(beyond size: Int64) async {
        let id = state.withLock { state in
            defer { state.nextWaiter += 1 }
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    if state.size > size || Task.isCancelled { return true }
                    state.waiters[id] = (size, continuation)
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume()
        }
    }
}

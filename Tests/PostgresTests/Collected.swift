import Synchronization

/// Values gathered from a closure that runs elsewhere.
final class Collected<Value: Sendable>: Sendable {
    private let storage = Mutex<[Value]>([])

    var values: [Value] { storage.withLock { $0 } }

    @discardableResult
    func append(_ value: Value) -> Int {
        storage.withLock {
            $0.append(value)
            return $0.count
        }
    }
}

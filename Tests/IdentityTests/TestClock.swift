import Synchronization

/// A clock that moves only when told to.
final class TestClock: Sendable {
    static let startSeconds: Int64 = 1_800_000_000

    private let microseconds = Mutex(startSeconds * 1_000_000)

    var now: Int64 { microseconds.withLock { $0 } }

    func advance(seconds: Int64) {
        microseconds.withLock { $0 += seconds * 1_000_000 }
    }
}

package import EventStore
import Synchronization

/// A clock that stands still until the test moves it.
package final class TestClock: Sendable {
    private let time: Mutex<EventTime>

    package init(_ start: EventTime) {
        time = Mutex(start)
    }

    package var now: EventTime { time.withLock { $0 } }

    package var wallClock: WallClock { WallClock { self.now } }

    package func advance(seconds: Int64) {
        advance(microseconds: seconds * 1_000_000)
    }

    package func advance(microseconds: Int64) {
        time.withLock { $0 = EventTime(microseconds: $0.microseconds + microseconds) }
    }

    package func set(_ now: EventTime) {
        time.withLock { $0 = now }
    }
}

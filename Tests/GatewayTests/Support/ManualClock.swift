import EventStore
import Synchronization

/// The time of a test: it stands still until it is moved.
final class ManualClock: Sendable {
    private let microseconds: Mutex<Int64>

    /// Begins at the machine's time, if nothing else is said, for which the database has partitions.
    init(at start: EventTime = WallClock.system.now()) {
        microseconds = Mutex(start.microseconds)
    }

    var now: Int64 { microseconds.withLock { $0 } }

    var wallClock: WallClock { WallClock { EventTime(microseconds: self.now) } }

    func advance(seconds: Int64) {
        microseconds.withLock { $0 += seconds * 1_000_000 }
    }

    /// RFC 3339, so many seconds from now.
    func text(in seconds: Int64 = 0) -> String {
        EventTime(microseconds: now).adding(seconds: seconds).text
    }
}

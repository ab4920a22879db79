import CanonicalJSON

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A point in time: whole microseconds since 1970-01-01T00:00:00Z, without leap seconds.
package struct EventTime: Sendable, Hashable, Comparable {
    package let microseconds: Int64

    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    package static func < (left: Self, right: Self) -> Bool {
        left.microseconds < right.microseconds
    }

    package func adding(seconds: Int64) -> EventTime {
        EventTime(microseconds: microseconds + seconds * 1_000_000)
    }

    /// RFC 3339, UTC, six digits of a second.
    package var text: String { RFC3339.format(microseconds: microseconds) }
}

/// Where the time comes from. Injected, so that tests, demo data and simulations own it.
package struct WallClock: Sendable {
    package let now: @Sendable () -> EventTime

    package init(now: @escaping @Sendable () -> EventTime) {
        self.now = now
    }

    /// The machine's clock.
    package static let system = WallClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return EventTime(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }
}

import Glibc

/// A moment on the monotonic clock, in nanoseconds: cheap to compare and to turn into a timeout of `poll`.
struct Deadline: Comparable {
    static let never = Deadline(nanoseconds: .max)

    let nanoseconds: Int64

    private init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// The moment a duration from now; `nil` is never. Saturates.
    static func after(_ duration: Duration?) -> Deadline {
        guard let duration else { return .never }
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds > 0 ? .never : Deadline(nanoseconds: 0) }
        let (sum, late) = (now + attoseconds / 1_000_000_000).addingReportingOverflow(whole)
        return late ? .never : Deadline(nanoseconds: max(0, sum))
    }

    var hasPassed: Bool { nanoseconds != .max && nanoseconds <= Deadline.now }

    /// Milliseconds for `poll`, rounded up; -1 waits for ever.
    var pollTimeout: Int32 {
        guard nanoseconds != .max else { return -1 }
        let remaining = max(0, nanoseconds - Deadline.now)
        return Int32(clamping: (remaining + 999_999) / 1_000_000)
    }

    /// What is left; `nil` for never.
    var remaining: Duration? {
        nanoseconds == .max ? nil : .nanoseconds(max(0, nanoseconds - Deadline.now))
    }

    static func < (left: Deadline, right: Deadline) -> Bool { left.nanoseconds < right.nanoseconds }

    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

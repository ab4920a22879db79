/// A token bucket as a value: `burst` tokens at most, `ratePerSecond` fresh ones each second.
///
/// Time is nanoseconds of a monotonic clock. Tokens are counted in billionths, so that nothing is lost to rounding
/// however often the bucket is asked.
struct TokenBucket: Sendable, Equatable {
    struct Policy: Sendable, Equatable {
        let ratePerSecond: Int64
        let burst: Int64

        /// The window in which a whole burst comes back, in seconds, rounded up.
        var windowSeconds: Int64 { (burst + ratePerSecond - 1) / ratePerSecond }

        fileprivate var capacity: Int64 { burst * TokenBucket.unit }
    }

    private static let unit: Int64 = 1_000_000_000

    private var level: Int64
    private var updatedAt: Int64

    init(full policy: Policy, at now: Int64) {
        level = policy.capacity
        updatedAt = now
    }

    /// Takes one token if there is one.
    mutating func take(_ policy: Policy, at now: Int64) -> Bool {
        refill(policy, at: now)
        guard level >= Self.unit else { return false }
        level -= Self.unit
        return true
    }

    /// Whole tokens left after the last `take`.
    var remaining: Int64 { level / Self.unit }

    /// Nanoseconds until there is a token; 0 if there is one.
    func nanosecondsUntilToken(_ policy: Policy) -> Int64 {
        level >= Self.unit ? 0 : (Self.unit - level + policy.ratePerSecond - 1) / policy.ratePerSecond
    }

    /// Nanoseconds after the last `take` until the bucket is full again.
    func nanosecondsUntilFull(_ policy: Policy) -> Int64 {
        (policy.capacity - level + policy.ratePerSecond - 1) / policy.ratePerSecond
    }

    /// A full bucket says no more than no bucket.
    func isFull(_ policy: Policy, at now: Int64) -> Bool {
        now - updatedAt >= nanosecondsUntilFull(policy)
    }

    private mutating func refill(_ policy: Policy, at now: Int64) {
        // A clock of another core may be a little behind; time never runs backwards here.
        let elapsed = max(0, now - updatedAt)
        updatedAt = max(updatedAt, now)
        let (fresh, overflow) = elapsed.multipliedReportingOverflow(by: policy.ratePerSecond)
        level = overflow || fresh >= policy.capacity - level ? policy.capacity : level + fresh
    }
}

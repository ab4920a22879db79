/// When the next attempt to connect may be made, shared by all slots of a pool.
struct Backoff {
    private var failures = 0
    private(set) var notBefore: ContinuousClock.Instant?

    mutating func succeeded() {
        failures = 0
        notBefore = nil
    }

    /// - Parameter jitter: 0 to 1; spreads the attempts over the second half of the pause.
    mutating func failed(now: ContinuousClock.Instant, jitter: Double) {
        var pause = Limits.poolBackoffMinimum
        for _ in 0..<failures where pause < Limits.poolBackoffMaximum { pause *= 2 }
        pause = min(pause, Limits.poolBackoffMaximum)
        failures += 1
        notBefore = now + pause * (0.5 + jitter / 2)
    }
}

/// Pauses that double, from 50 ms to 2 s, each shortened by up to half at random.
struct BackOff {
    private var milliseconds = 50

    mutating func next() -> Duration {
        defer { milliseconds = min(milliseconds * 2, 2_000) }
        return .milliseconds(Int.random(in: milliseconds / 2...milliseconds))
    }
}

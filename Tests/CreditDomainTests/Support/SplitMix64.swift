#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A small, seeded generator, so that a failing sequence can be run again: the seed is printed, and ZENTRIQ_SEED sets
/// it.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &self) < percent
    }
}

enum Seeds {
    /// The seed asked for, or `count` new ones.
    static func fresh(_ count: Int) -> [UInt64] {
        if let text = getenv("ZENTRIQ_SEED"), let seed = UInt64(String(cString: text)) {
            return [seed]
        }
        return (0..<count).map { _ in UInt64.random(in: 0...UInt64.max) }
    }
}

import Foundation

/// SplitMix64: the same numbers again with the seed that a failed run printed.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    /// The seed is `ZENTRIQ_SEED`, or a new one, and is printed.
    static func announced() -> SeededRandom {
        let given = ProcessInfo.processInfo.environment["ZENTRIQ_SEED"].flatMap { UInt64($0) }
        let seed = given ?? .random(in: .min ... .max)
        print("ZENTRIQ_SEED=\(seed)")
        return SeededRandom(state: seed)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

import Foundation

/// SplitMix64. Prints its seed, and takes it from `ZENTRIQ_SEED` where that is set.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init() {
        let seed = ProcessInfo.processInfo.environment["ZENTRIQ_SEED"].flatMap(UInt64.init) ?? .random(in: 0 ... .max)
        print("ZENTRIQ_SEED=\(seed)")
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

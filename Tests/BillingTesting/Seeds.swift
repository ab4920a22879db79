import Foundation

/// A small, seeded generator (Vigna's SplitMix64), so that a failing sequence can be run again.
package struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

package enum Seeds {
    /// The seed that ZENTRIQ_SEED asks for, or `count` new ones.
    package static func fresh(_ count: Int) -> [UInt64] {
        if let seed = ProcessInfo.processInfo.environment["ZENTRIQ_SEED"].flatMap({ UInt64($0) }) { return [seed] }
        return (0..<count).map { _ in UInt64.random(in: 0...UInt64.max) }
    }
}

import EventStore
import Synchronization

/// A small, seeded generator (Vigna's SplitMix64): everything that happens in a simulation is drawn from it.
struct Chance: Sendable {
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

    /// From the range, all equally likely.
    mutating func pick(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.count))
    }

    mutating func isTrue(percent: Int) -> Bool {
        pick(1...100) <= percent
    }
}

extension RandomBytes {
    /// Salts and identifiers that differ from each other and are the same in every run.
    static func seeded(_ seed: UInt64) -> RandomBytes {
        let source = SeededSource(seed: seed)
        return RandomBytes { source.make($0) }
    }
}

private final class SeededSource: Sendable {
    private let chance: Mutex<Chance>

    init(seed: UInt64) {
        chance = Mutex(Chance(seed: seed))
    }

    func make(_ count: Int) -> [UInt8] {
        chance.withLock { chance in
            var bytes: [UInt8] = []
            bytes.reserveCapacity(count + 7)
            while bytes.count < count { withUnsafeBytes(of: chance.next()) { bytes.append(contentsOf: $0) } }
            bytes.removeLast(bytes.count - count)
            return bytes
        }
    }
}

/// Counts of durations, in the layout of HdrHistogram: exact to three significant digits from a microsecond to hours, in
/// constant memory.
///
/// Values up to 2,047 have a bucket each; above, every power of two has 1,024 buckets.
package struct LatencyHistogram: Sendable {
    private static let halfBits = 10
    private static let half = 1 << halfBits
    /// Longer durations are counted as this one: about four and a half hours.
    package static let maximum = (1 << 34) - 1

    private var counts: [Int]
    package private(set) var count = 0

    package init() {
        counts = [Int](repeating: 0, count: Self.index(of: Self.maximum) + 1)
    }

    /// - Parameter microseconds: below zero counts as zero.
    package mutating func record(_ microseconds: Int) {
        counts[Self.index(of: min(max(microseconds, 0), Self.maximum))] += 1
        count += 1
    }

    package mutating func merge(_ other: LatencyHistogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        count += other.count
    }

    /// The smallest duration, in microseconds and rounded up within its bucket, that this share of all doesn't exceed.
    /// Zero if there are none.
    ///
    /// - Parameter share: from 0 to 1.
    package func quantile(_ share: Double) -> Int {
        let rank = max(1, Int((share * Double(count)).rounded(.up)))
        var seen = 0
        for (index, number) in counts.enumerated() where number > 0 {
            seen += number
            if seen >= rank { return Self.highest(in: index) }
        }
        return 0
    }

    package var latency: LoadSample.Latency? {
        guard count > 0 else { return nil }
        return LoadSample.Latency(
            p50: Double(quantile(0.5)) / 1e3, p99: Double(quantile(0.99)) / 1e3, p999: Double(quantile(0.999)) / 1e3)
    }

    private static func index(of value: Int) -> Int {
        let shift = max(0, Int.bitWidth - value.leadingZeroBitCount - halfBits - 1)
        return shift * half + value >> shift
    }

    private static func highest(in index: Int) -> Int {
        let shift = max(0, index / half - 1)
        return (index - shift * half + 1) << shift - 1
    }
}

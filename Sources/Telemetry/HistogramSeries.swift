import CoreMetrics
import Synchronization

/// How observations are distributed over fixed buckets.
final class HistogramSeries: MetricSeries, TimerHandler, RecorderHandler {
    /// Seconds, from 1 ms to 10 s.
    static let durationBuckets: [Double] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    /// Numbers of things: batch sizes, rows, bytes in small amounts.
    static let valueBuckets: [Double] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000]

    private struct State {
        /// Observations for each bucket alone; the last element is for what exceeds all bounds.
        var counts: [UInt64]
        var sum = 0.0
    }

    private let buckets: [Double]
    private let state: Mutex<State>

    /// - Parameter buckets: the upper bounds, inclusive and ascending.
    init(buckets: [Double]) {
        self.buckets = buckets
        state = Mutex(State(counts: Array(repeating: 0, count: buckets.count + 1)))
    }

    /// A clock that went backwards counts as no time.
    func recordNanoseconds(_ duration: Int64) {
        observe(Double(max(duration, 0)) / 1_000_000_000)
    }

    func record(_ value: Int64) {
        observe(Double(value))
    }

    func record(_ value: Double) {
        // One NaN would spoil the sum for ever.
        guard value.isFinite else { return }
        observe(value)
    }

    func write(name: String, labels: String, to text: inout String) {
        let state = state.withLock { $0 }
        let separator = labels.isEmpty ? "" : ","
        var cumulative: UInt64 = 0
        for (count, bound) in zip(state.counts, buckets + [.infinity]) {
            cumulative += count
            let bucket = #"\#(labels)\#(separator)le="\#(MetricText.value(bound))""#
            MetricText.appendSample(name + "_bucket", bucket, String(cumulative), to: &text)
        }
        MetricText.appendSample(name + "_sum", labels, MetricText.value(state.sum), to: &text)
        MetricText.appendSample(name + "_count", labels, String(cumulative), to: &text)
    }

    private func observe(_ value: Double) {
        let bucket = buckets.firstIndex { value <= $0 } ?? buckets.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }
}

import CoreMetrics
import Synchronization

/// A number that only grows. Steps that are not positive are dropped: Prometheus would take them for a restart.
final class CounterSeries: MetricSeries, CounterHandler, FloatingPointCounterHandler {
    // Whole steps, the common case, take one atomic instruction; the others a lock.
    private let whole = Atomic<Int64>(0)
    private let fractional = Mutex<Double>(0)

    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        whole.wrappingAdd(amount, ordering: .relaxed)
    }

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        fractional.withLock { $0 += amount }
    }

    func reset() {
        whole.store(0, ordering: .relaxed)
        fractional.withLock { $0 = 0 }
    }

    func write(name: String, labels: String, to text: inout String) {
        let (whole, fractional) = (whole.load(ordering: .relaxed), fractional.withLock { $0 })
        let value = fractional == 0 ? String(whole) : MetricText.value(Double(whole) + fractional)
        MetricText.appendSample(name, labels, value, to: &text)
    }
}

package import CoreMetrics
import Synchronization

/// A swift-metrics backend that Prometheus can scrape, in the text exposition format 0.0.4.
///
/// | made through swift-metrics | exposed as |
/// |---|---|
/// | `Counter`, `FloatingPointCounter` | counter, `…_total` |
/// | `Gauge`, `Meter`, `Recorder(aggregate: false)` | gauge |
/// | `Timer` | histogram in seconds, `…_seconds` |
/// | `Recorder` | histogram of values |
///
/// Every name carries the prefix `zentriq_`. One name has one kind: whoever asks for a taken name as another kind gets
/// an instrument that works but is not exposed, and `zentriq_telemetry_conflicts_total` counts it.
package final class PrometheusRegistry: MetricsFactory {
    /// What the endpoint that serves `exposition()` must send as its content type.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private let families = Mutex<[String: MetricFamily]>([:])

    package init() {}

    /// All metrics, sorted by name and labels.
    package func exposition() -> String {
        let sorted = families.withLock { $0.sorted { $0.key < $1.key } }
        var text = ""
        for (name, family) in sorted {
            family.write(name: name, to: &text)
        }
        return text
    }
}

extension PrometheusRegistry {
    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(label: label, dimensions: dimensions)
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        counter(label: label, dimensions: dimensions)
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label: label, dimensions: dimensions)
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else { return gauge(label: label, dimensions: dimensions) }
        let name = MetricText.metricName(label, suffix: "")
        return histogram(name: name, label: label, dimensions: dimensions, buckets: HistogramSeries.valueBuckets)
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let name = MetricText.metricName(label, suffix: "_seconds")
        return histogram(name: name, label: label, dimensions: dimensions, buckets: HistogramSeries.durationBuckets)
    }

    // A series lives as long as the process: were it forgotten with its handler, counters would fall back to zero.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}
}

extension PrometheusRegistry {
    private func counter(label: String, dimensions: [(String, String)]) -> CounterSeries {
        let name = MetricText.metricName(label, suffix: "_total")
        guard case .counter(let set) = family(name, orInsert: .counter(SeriesSet(help: label) { CounterSeries() }))
        else {
            countConflict()
            return CounterSeries()
        }
        return set.series(labels: MetricText.labels(dimensions))
    }

    private func gauge(label: String, dimensions: [(String, String)]) -> GaugeSeries {
        let name = MetricText.metricName(label, suffix: "")
        guard case .gauge(let set) = family(name, orInsert: .gauge(SeriesSet(help: label) { GaugeSeries() }))
        else {
            countConflict()
            return GaugeSeries()
        }
        return set.series(labels: MetricText.labels(dimensions))
    }

    private func histogram(
        name: String, label: String, dimensions: [(String, String)], buckets: [Double]
    ) -> HistogramSeries {
        guard
            case .histogram(let set) = family(
                name, orInsert: .histogram(SeriesSet(help: label) { HistogramSeries(buckets: buckets) }))
        else {
            countConflict()
            return HistogramSeries(buckets: buckets)
        }
        return set.series(labels: MetricText.labels(dimensions))
    }

    private func family(_ name: String, orInsert made: @autoclosure () -> MetricFamily) -> MetricFamily {
        families.withLock { families in
            if let family = families[name] { return family }
            let family = made()
            families[name] = family
            return family
        }
    }

    private func countConflict() {
        let name = "zentriq_telemetry_conflicts_total"
        guard
            case .counter(let set) = family(
                name, orInsert: .counter(SeriesSet(help: "Instruments refused their name") { CounterSeries() }))
        else { return }
        set.series(labels: "").increment(by: Int64(1))
    }
}

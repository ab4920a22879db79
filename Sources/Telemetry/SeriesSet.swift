import Synchronization

/// The series of one metric, one for each set of labels, never more than a limit.
///
/// A label whose values come from outside could otherwise fill the memory here and in Prometheus. Beyond the limit
/// all new sets of labels share one series that is marked `overflow="true"`, so that sums stay right.
final class SeriesSet<Series: MetricSeries>: Sendable {
    private struct State {
        var series: [String: Series] = [:]
        var overflow: Series?
    }

    private let help: String
    private let make: @Sendable () -> Series
    private let state = Mutex(State())

    init(help: String, make: @escaping @Sendable () -> Series) {
        self.help = help
        self.make = make
    }

    /// The one series with these rendered labels.
    func series(labels: String) -> Series {
        state.withLock { state in
            if let series = state.series[labels] { return series }
            guard state.series.count < MetricLimits.maximumSeriesPerMetric else {
                let overflow = state.overflow ?? make()
                state.overflow = overflow
                return overflow
            }
            let series = make()
            state.series[labels] = series
            return series
        }
    }

    func write(name: String, type: String, to text: inout String) {
        let (series, overflow) = state.withLock { ($0.series, $0.overflow) }
        text += "# HELP \(name) \(MetricText.escapedHelp(help))\n# TYPE \(name) \(type)\n"
        for (labels, series) in series.sorted(by: { $0.key < $1.key }) {
            series.write(name: name, labels: labels, to: &text)
        }
        overflow?.write(name: name, labels: #"overflow="true""#, to: &text)
    }
}

enum MetricLimits {
    static let maximumSeriesPerMetric = 1_000
}

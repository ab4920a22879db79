/// All series of one metric name, by kind.
enum MetricFamily: Sendable {
    case counter(SeriesSet<CounterSeries>)
    case gauge(SeriesSet<GaugeSeries>)
    case histogram(SeriesSet<HistogramSeries>)

    func write(name: String, to text: inout String) {
        switch self {
        case .counter(let set): set.write(name: name, type: "counter", to: &text)
        case .gauge(let set): set.write(name: name, type: "gauge", to: &text)
        case .histogram(let set): set.write(name: name, type: "histogram", to: &text)
        }
    }
}

/// One series: the current values of a metric for one set of labels.
protocol MetricSeries: AnyObject, Sendable {
    /// Appends the series' lines; `labels` are rendered already, without braces.
    func write(name: String, labels: String, to text: inout String)
}

import HTTPTypes
import Metrics
import Synchronization

/// Counts and times exchanges by method, route template and status: a closed set of labels, never a path.
final class ExchangeMetrics: Sendable {
    private struct Key: Hashable {
        let route: String
        let method: HTTPRequest.Method
        let statusCode: Int
    }

    private struct Instruments {
        let count: Counter
        let duration: Metrics.Timer
    }

    /// More would mean that something unbounded has become a label.
    static let maximumSeries = 4_096

    private let inFlight = Meter(label: "http_server_requests_in_flight")
    private let instruments = Mutex<[Key: Instruments]>([:])

    func began() {
        inFlight.increment()
    }

    func ended(method: HTTPRequest.Method, route: String, status: HTTPResponse.Status, after duration: Duration) {
        inFlight.decrement()
        let key = Key(route: route, method: method, statusCode: status.code)
        let instruments = instruments.withLock { table -> Instruments? in
            if let known = table[key] { return known }
            guard table.count < Self.maximumSeries else { return nil }
            let fresh = Self.makeInstruments(key)
            table[key] = fresh
            return fresh
        }
        guard let instruments else { return }
        instruments.count.increment()
        instruments.duration.recordNanoseconds(duration.wholeNanoseconds)
    }

    private static func makeInstruments(_ key: Key) -> Instruments {
        let dimensions = [
            ("method", key.method.rawValue), ("route", key.route), ("status", String(key.statusCode)),
        ]
        return Instruments(
            count: Counter(label: "http_server_requests_total", dimensions: dimensions),
            duration: Metrics.Timer(
                label: "http_server_request_duration_seconds", dimensions: dimensions, preferredDisplayUnit: .seconds))
    }
}

extension Duration {
    /// The nearest smaller number of nanoseconds; saturates after 292 years.
    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? (seconds < 0 ? .min : .max) : scaled + attoseconds / 1_000_000_000
    }
}

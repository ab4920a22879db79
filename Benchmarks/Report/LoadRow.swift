/// A load with all its rounds: a line of the table.
package struct LoadRow: Sendable, Encodable {
    package let name: String
    package private(set) var samples: [LoadSample]

    package init(_ name: String, _ samples: [LoadSample]) {
        self.name = name
        self.samples = samples
    }

    package func spread(_ value: (LoadSample) -> Double?) -> Spread? {
        Spread(samples.compactMap(value))
    }

    package func median(_ value: (LoadSample) -> Double?) -> Double? {
        spread(value)?.median
    }

    static let columns = [
        "load", "per second", "spread", "p50 ms", "p99 ms", "p99.9 ms", "gateway µs", "postgres µs", "WAL bytes",
        "disk bytes",
    ]

    var cells: [String] {
        let rate = spread { $0.rate }
        return [
            name,
            NumberText.grouped(rate?.median),
            rate.map { "\(NumberText.grouped($0.minimum))–\(NumberText.grouped($0.maximum))" } ?? "",
            NumberText.short(median { $0.latency?.p50 }),
            NumberText.short(median { $0.latency?.p99 }),
            NumberText.short(median { $0.latency?.p999 }),
            NumberText.short(median { $0.cost?.gateway }),
            NumberText.short(median { $0.cost?.postgres }),
            NumberText.grouped(median { $0.cost?.wal }),
            NumberText.grouped(median { $0.cost?.disk }),
        ]
    }
}

/// The figures that follow from closed loops, round by round: each ratio is of two loads of one round.
package struct LoadFigures: Sendable {
    private let rows: [String: LoadRow]

    package init(_ rows: [LoadRow]) {
        self.rows = Dictionary(rows.map { ($0.name, $0) }) { $1 }
    }

    /// The rate of a load against that of another; of several, against the best in the median.
    package func ratio(_ name: String, to others: [String]) -> Spread? {
        let best = others.compactMap { rows[$0] }.max { rate($0) < rate($1) }
        guard let row = rows[name], let best else { return nil }
        return Spread(zip(row.samples, best.samples).map { $0.rate / $1.rate })
    }

    /// How much longer than the median the slowest hundredth takes.
    package func latencyRatio(_ name: String) -> Spread? {
        guard let row = rows[name] else { return nil }
        return Spread(row.samples.compactMap(\.latency).map { $0.p99 / $0.p50 })
    }

    private func rate(_ row: LoadRow) -> Double { row.median { $0.rate } ?? 0 }
}

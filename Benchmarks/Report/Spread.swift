/// What several rounds of one measurement gave.
package struct Spread: Sendable, Equatable, Encodable {
    package let rounds: [Double]
    package let median: Double
    package let minimum: Double
    package let maximum: Double

    /// Nil without a round.
    package init?(_ rounds: [Double]) {
        let sorted = rounds.sorted()
        guard let first = sorted.first, let last = sorted.last else { return nil }
        self.rounds = rounds
        minimum = first
        maximum = last
        let middle = sorted.count / 2
        median = sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }
}

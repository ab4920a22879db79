/// What came of the requests of one phase. Times are from when a request was due, whether or not it could be sent then.
struct Measured: Sendable {
    var seconds = 0.0
    /// Milliseconds.
    private(set) var accepted: [Double] = []
    private(set) var refused: [Double] = []
    private(set) var statuses: [Int: Int] = [:]
    /// The connection was gone before the answer.
    var broken = 0
    /// Never sent: every connection the generator may have waited for an answer.
    var unsent = 0

    mutating func add(status: Int, milliseconds: Double) {
        statuses[status, default: 0] += 1
        if (200..<300).contains(status) { accepted.append(milliseconds) } else { refused.append(milliseconds) }
    }

    mutating func sort() {
        accepted.sort()
        refused.sort()
    }

    var acceptedPerSecond: Double { Double(accepted.count) / max(seconds, 0.001) }
    var answeredPerSecond: Double { Double(accepted.count + refused.count) / max(seconds, 0.001) }
    var offeredPerSecond: Double {
        Double(accepted.count + refused.count + broken + unsent) / max(seconds, 0.001)
    }

    /// Of sorted values; nil if there are none.
    static func percentile(_ percent: Double, of values: [Double]) -> Double? {
        values.isEmpty ? nil : values[min(values.count - 1, Int(Double(values.count) * percent / 100))]
    }

    /// Whatever is neither done nor refused for want of room.
    var strange: [Int: Int] { statuses.filter { ![200, 201, 429, 503].contains($0.key) } }
}

import TortureHistory

/// What happened in a round, or in many.
struct Tally: Sendable {
    var acknowledged = 0
    var refused = 0
    var unknown = 0
    /// Wishes of which nothing was known when the fault was over, and that were asked for again.
    var settled = 0
    var reads = 0
    var events = 0
    var checkpoints = 0

    mutating func count(_ history: History, events: Int, checkpoints: Int) {
        for attempt in history.attempts {
            switch attempt.answer {
            case .accepted: acknowledged += 1
            case .balance: reads += 1
            case .refused: refused += 1
            case .unknown: unknown += 1
            }
        }
        self.events += events
        self.checkpoints += checkpoints
    }

    static func += (left: inout Tally, right: Tally) {
        left.acknowledged += right.acknowledged
        left.refused += right.refused
        left.unknown += right.unknown
        left.settled += right.settled
        left.reads += right.reads
        left.events += right.events
        left.checkpoints += right.checkpoints
    }
}

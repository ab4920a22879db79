package import TransparencyLog

/// The newest state of a log, as its head row holds it.
package struct LogHead: Sendable, Equatable {
    /// Raised to fence a writer whose fate is unknown.
    package var epoch: Int64
    /// The tree over all events: its size is the next position.
    package var tree: CompactRange
    package var root: TreeHash
    /// Of the newest event.
    package var recordedAt: EventTime

    package var nextPosition: LogPosition { LogPosition(Int64(tree.size)) }

    package init(epoch: Int64, tree: CompactRange, root: TreeHash, recordedAt: EventTime) {
        self.epoch = epoch
        self.tree = tree
        self.root = root
        self.recordedAt = recordedAt
    }
}

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
    /// Verifier key of the one key that may sign for this log at present.
    package var signer: String
    /// Size and root, signed: a note (C2SP tlog-checkpoint).
    package var checkpoint: String

    package var nextPosition: LogPosition { LogPosition(Int64(tree.size)) }

    package init(
        epoch: Int64, tree: CompactRange, root: TreeHash, recordedAt: EventTime, signer: String, checkpoint: String
    ) {
        self.epoch = epoch
        self.tree = tree
        self.root = root
        self.recordedAt = recordedAt
        self.signer = signer
        self.checkpoint = checkpoint
    }
}

extension LogHead {
    /// A key that was handed over to another one signs no more. And it signs nothing that goes on from what it has not
    /// signed itself: the database takes any root from whoever may append.
    func requireSigner(_ signer: LogSigner) throws(LogError) {
        guard self.signer == signer.verifier.text else { throw .otherSigner(self.signer) }
        guard let signed = try? SignedCheckpoint(parsing: Array(checkpoint.utf8)),
            let known = try? TrustPolicy(log: signer.verifier).verify(signed).checkpoint,
            known.size == tree.size, known.root == root
        else { throw .foreignHead }
    }
}

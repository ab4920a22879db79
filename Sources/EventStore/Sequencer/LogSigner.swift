package import TransparencyLog

/// The key of a log: its name is the log's origin, its signature makes a head a checkpoint that others can hold the log
/// to.
package struct LogSigner: Sendable {
    private let signer: NoteSigner

    package init(_ signer: NoteSigner) {
        self.signer = signer
    }

    /// Names the log in its events and checkpoints: a URL without its scheme.
    package var origin: String { signer.verifier.key.name.text }

    package var verifier: NoteVerifier { signer.verifier }

    /// The signed note (C2SP tlog-checkpoint) of a tree with this many entries and this root.
    package func checkpoint(size: UInt64, root: TreeHash) throws -> SignedCheckpoint {
        try SignedCheckpoint(signing: Checkpoint(origin: origin, size: size, root: root), with: signer)
    }

    /// A hand-over: the newest checkpoint of the key before, signed with this one too.
    package func countersign(_ checkpoint: SignedCheckpoint) throws -> SignedCheckpoint {
        var checkpoint = checkpoint
        try checkpoint.add(signer.signature(over: checkpoint.note.text))
        return checkpoint
    }
}

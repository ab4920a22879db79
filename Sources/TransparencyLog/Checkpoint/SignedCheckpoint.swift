/// A checkpoint in its note, with the signatures of the log and of witnesses, not verified yet.
public struct SignedCheckpoint: Sendable, Equatable {
    public private(set) var note: Note

    /// What the note says. See `TrustPolicy.verify` before believing it.
    public let unverified: Checkpoint

    public init(note: Note) throws(CheckpointError) {
        unverified = try Checkpoint(parsing: note.text)
        self.note = note
    }

    /// Signs a checkpoint as its log.
    public init(signing checkpoint: Checkpoint, with signer: NoteSigner) throws(CheckpointError) {
        do { note = try signer.sign(checkpoint.text) } catch { throw .note(error) }
        unverified = checkpoint
    }

    /// Reads the served form. `encoded()` gives the same bytes again.
    public init(parsing bytes: some Collection<UInt8>) throws(CheckpointError) {
        let note: Note
        do { note = try Note(parsing: bytes) } catch { throw .note(error) }
        try self.init(note: note)
    }

    public func encoded() -> [UInt8] {
        note.encoded()
    }

    /// Adds a witness's cosignature, in the place of an earlier one by the same key.
    public mutating func add(_ signature: NoteSignature) throws(NoteError) {
        try note.add(signature)
    }
}

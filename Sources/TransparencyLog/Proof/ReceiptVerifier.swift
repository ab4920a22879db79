/// Verifies receipts: that a log, whose key the reader has, holds an event at an index.
///
/// What is needed is the proof file, the salt and the event, all three from anyone, and the policy from the reader.
public struct ReceiptVerifier: Sendable {
    public let policy: TrustPolicy

    public init(policy: TrustPolicy) {
        self.policy = policy
    }

    /// Verifies the checkpoint, then that the commitment to the event is the leaf at the index of the file.
    ///
    /// The extra data of the file is not looked at: it is the caller who takes salt and event from it.
    public func verify(
        _ proof: ProofFile, salt: [UInt8], event: [UInt8]
    ) throws(ReceiptRefusal) -> VerifiedCheckpoint {
        guard salt.count == EntryCommitment.saltByteCount else { throw .wrongSaltLength }
        return try verify(proof, leaf: EntryCommitment.leaf(salt: salt, event: event))
    }

    /// Verifies the checkpoint, then that the leaf hash stands at the index of the file. For logs with other entries.
    public func verify(_ proof: ProofFile, leaf: TreeHash) throws(ReceiptRefusal) -> VerifiedCheckpoint {
        let verified: VerifiedCheckpoint
        do { verified = try policy.verify(proof.checkpoint) } catch { throw .checkpoint(error) }
        let tree = verified.checkpoint
        guard proof.index < tree.size else { throw .indexBeyondTree }
        guard
            InclusionProof.verify(
                leaf: leaf, index: proof.index, size: tree.size, path: proof.path, root: tree.root)
        else { throw .notIncluded }
        return verified
    }
}

/// Why a receipt is refused.
public enum ReceiptRefusal: Error, Sendable, Equatable {
    case wrongSaltLength
    /// The checkpoint is not believed.
    case checkpoint(CheckpointRefusal)
    /// The tree of the checkpoint has no such leaf.
    case indexBeyondTree
    /// The path does not lead from this salt and event, at this index, to the root of the checkpoint.
    case notIncluded
}

/// What a log asks a witness: to cosign a checkpoint, with the proof that the tree only grew since the witness last
/// cosigned one, c2sp.org/tlog-witness ("add-checkpoint").
///
/// A value of this type is well-formed and nothing more; see `WitnessPolicy`.
public struct AddCheckpointRequest: Sendable, Equatable {
    /// A larger body is refused unread: the largest note, and more than the proof needs.
    public static let maximumByteCount = 2 * Note.maximumByteCount
    /// By the specification. A tree of 2^63 - 1 leaves has no longer proof.
    public static let maximumProofLength = 63

    /// The size of the tree that the witness cosigned last, as the log believes; 0 if it has cosigned none.
    public let oldSize: UInt64
    /// The consistency proof from the old size to that of the checkpoint (RFC 9162 section 2.1.4).
    public let proof: [TreeHash]
    public let checkpoint: SignedCheckpoint

    public init(oldSize: UInt64, proof: [TreeHash], checkpoint: SignedCheckpoint) throws(AddCheckpointError) {
        guard oldSize <= Checkpoint.maximumSize else { throw .invalidOldSize }
        guard proof.count <= Self.maximumProofLength else { throw .proofTooLong }
        self.oldSize = oldSize
        self.proof = proof
        self.checkpoint = checkpoint
    }
}

extension AddCheckpointRequest {
    /// Reads a body. `encoded()` gives the same bytes again.
    public init(parsing bytes: some Collection<UInt8>) throws(AddCheckpointError) {
        guard bytes.count <= Self.maximumByteCount else { throw .tooLarge }
        var lines = LineScanner(Array(bytes)[...])
        guard let digits = lines.next()?.dropping(prefix: "old "),
            let oldSize = Decimal.parse(digits, maximum: Checkpoint.maximumSize)
        else { throw .invalidOldSize }
        self.oldSize = oldSize
        var proof: [TreeHash] = []
        while true {
            guard let line = lines.next() else { throw .invalidHash }
            if line.isEmpty { break }
            guard proof.count < Self.maximumProofLength else { throw .proofTooLong }
            guard let hash = TreeHash(base64: line) else { throw .invalidHash }
            proof.append(hash)
        }
        self.proof = proof
        do { checkpoint = try SignedCheckpoint(parsing: lines.rest) } catch { throw .checkpoint(error) }
    }

    public func encoded() -> [UInt8] {
        var text = "old \(oldSize)\n"
        for hash in proof { text += hash.base64 + "\n" }
        return Array(text.utf8) + [UInt8(ascii: "\n")] + checkpoint.encoded()
    }
}

/// Why something is not an add-checkpoint request.
public enum AddCheckpointError: Error, Sendable, Equatable {
    case tooLarge
    /// The first line is not `old ` and a decimal up to `Checkpoint.maximumSize`.
    case invalidOldSize
    /// A line of the proof is not a hash, or no empty line ends the proof.
    case invalidHash
    case proofTooLong
    case checkpoint(CheckpointError)
}

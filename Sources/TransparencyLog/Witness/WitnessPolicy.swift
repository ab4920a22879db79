/// Which logs a witness serves, by which keys, and when it may cosign, c2sp.org/tlog-witness ("add-checkpoint").
///
/// Pure: it is told the latest checkpoint that was cosigned, and whoever asks must keep the new one durably before
/// cosigning it, with no other decision about the same log in between.
public struct WitnessPolicy: Sendable {
    /// The witness's own key.
    public let witness: NoteVerifier
    private let logs: [KeyName: [NoteVerifier]]

    /// - Parameters:
    ///   - witness: of type `cosignature`; its name and its public key are no log's.
    ///   - logs: of type `ed25519`. A key's name is the origin of its log, as tlog-checkpoint recommends. A log that
    ///     passes from one key to another has two.
    public init(witness: NoteVerifier, logs: [NoteVerifier]) throws(WitnessPolicyError) {
        guard witness.type == .cosignature, logs.allSatisfy({ $0.type == .ed25519 }) else { throw .wrongKeyType }
        guard !logs.isEmpty else { throw .noLog }
        guard !logs.contains(where: { $0.key.name == witness.key.name }) else { throw .sharedName }
        guard !logs.contains(where: { $0.publicKey == witness.publicKey }) else { throw .sharedPublicKey }
        guard Set(logs.map(\.key)).count == logs.count else { throw .ambiguousKey }
        self.witness = witness
        self.logs = Dictionary(grouping: logs, by: \.key.name)
    }

    /// The origins of the logs, sorted.
    public var origins: [KeyName] { logs.keys.sorted { $0.text < $1.text } }

    /// Whether the witness may cosign, in the order in which the specification asks.
    ///
    /// - Parameter latest: what the witness cosigned last for an origin; nil if nothing.
    /// - Returns: what is to be kept as the latest, and cosigned: the checkpoint with the signatures of known keys.
    public func decide(
        _ request: AddCheckpointRequest, latest: (KeyName) -> Checkpoint?
    ) throws(WitnessRefusal) -> SignedCheckpoint {
        let new = request.checkpoint.unverified
        guard let origin = try? KeyName(new.origin), let keys = logs[origin] else { throw .unknownOrigin }
        let believed = try Self.believe(request.checkpoint, keys)
        guard request.oldSize <= new.size else { throw .oldSizeBeyondCheckpoint }
        let last = latest(origin)
        let (size, root) = last.map { ($0.size, $0.root) } ?? (0, MerkleTree.emptyRoot)
        guard request.oldSize == size else { throw .otherSize(size) }
        guard new.size > size || new.root == root else { throw .otherRoot(believed) }
        // Covers the empty proof that an old size of 0 demands.
        guard
            ConsistencyProof.verify(
                firstSize: size, firstRoot: root, secondSize: new.size, secondRoot: new.root, path: request.proof)
        else { throw .invalidProof }
        return believed
    }

    /// Without the signatures of others: what they are is unknown, and nobody should find them in the witness's state.
    private static func believe(
        _ checkpoint: SignedCheckpoint, _ keys: [NoteVerifier]
    ) throws(WitnessRefusal) -> SignedCheckpoint {
        let known: Set<NoteKey>
        do { known = try checkpoint.note.verify(with: keys).keys } catch { throw .notSigned(error) }
        let signatures = checkpoint.note.signatures.filter { known.contains($0.key) }
        guard let note = try? Note(text: checkpoint.note.text, signatures: signatures),
            let believed = try? SignedCheckpoint(note: note)
        else { throw .notSigned(.noKnownSignature) }
        return believed
    }
}

/// Why a policy makes no sense.
public enum WitnessPolicyError: Error, Sendable, Equatable, CustomStringConvertible {
    case wrongKeyType
    case noLog
    /// The witness has the name of a log.
    case sharedName
    /// The witness has the public key of a log.
    case sharedPublicKey
    /// Two keys of a log with the same id, or one key twice.
    case ambiguousKey

    public var description: String {
        switch self {
        case .wrongKeyType: "a log's key must be of type 0x01, a witness's of type 0x04"
        case .noLog: "there is no log to be a witness of"
        case .sharedName: "the witness must not have the name of a log"
        case .sharedPublicKey: "the witness must not have the public key of a log"
        case .ambiguousKey: "two keys of a log have the same id, or one key is named twice"
        }
    }
}

/// Why a witness does not cosign.
public enum WitnessRefusal: Error, Sendable, Equatable {
    /// No key is known for the checkpoint's origin: 404.
    case unknownOrigin
    /// No known key of the log vouches for the checkpoint: 403.
    case notSigned(NoteVerificationError)
    /// The old size is greater than that of the checkpoint: 400.
    case oldSizeBeyondCheckpoint
    /// The old size is not the one cosigned last, which is this: 409.
    case otherSize(UInt64)
    /// The log has signed two trees of one size, the one cosigned last and this: 409. Both together are the evidence.
    case otherRoot(SignedCheckpoint)
    /// The proof does not show that the tree only grew: 422.
    case invalidProof
}

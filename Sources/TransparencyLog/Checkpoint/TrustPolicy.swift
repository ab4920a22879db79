/// Which log is meant, which key it has, and how many of which witnesses must have seen a checkpoint.
///
/// The reader brings this; nothing in a checkpoint or a proof file can change it.
public struct TrustPolicy: Sendable {
    public let origin: String
    public let log: NoteVerifier
    public let witnesses: [NoteVerifier]
    /// How many of the witnesses must have cosigned.
    public let quorum: Int

    /// - Parameters:
    ///   - log: the log's key, of type `ed25519`.
    ///   - origin: the log's origin line; the key's name if none is given, as tlog-checkpoint recommends.
    ///   - witnesses: keys of type `cosignature`, all with different public keys.
    public init(
        log: NoteVerifier, origin: String? = nil, witnesses: [NoteVerifier] = [], quorum: Int = 0
    ) throws(TrustPolicyError) {
        guard log.type == .ed25519, witnesses.allSatisfy({ $0.type == .cosignature }) else { throw .wrongKeyType }
        // A cosignature does not name its witness: with one key under two names, one witness would count twice.
        guard Set(witnesses.map(\.publicKey) + [log.publicKey]).count == witnesses.count + 1 else {
            throw .sharedPublicKey
        }
        guard Set(witnesses.map(\.key)).count == witnesses.count else { throw .ambiguousKey }
        guard (0...witnesses.count).contains(quorum) else { throw .unreachableQuorum }
        self.origin = origin ?? log.key.name.text
        self.log = log
        self.witnesses = witnesses
        self.quorum = quorum
    }

    /// Believes a checkpoint if it is of this log, signed by it, and cosigned by enough witnesses.
    ///
    /// A signature of the log or of a witness that does not hold refuses the whole, whatever others hold.
    public func verify(_ signed: SignedCheckpoint) throws(CheckpointRefusal) -> VerifiedCheckpoint {
        let verified: VerifiedNote
        do { verified = try signed.note.verify(with: [log] + witnesses) } catch { throw .signature(error) }
        guard verified.keys.contains(log.key) else { throw .notSignedByLog }
        guard signed.unverified.origin.utf8.elementsEqual(origin.utf8) else { throw .wrongOrigin }
        let cosignatures = verified.signatures.filter { $0.verifier.type == .cosignature }
        let found = Set(cosignatures.map(\.verifier.key)).count
        guard found >= quorum else { throw .tooFewCosignatures(required: quorum, found: found) }
        return VerifiedCheckpoint(checkpoint: signed.unverified, cosignatures: cosignatures)
    }
}

/// A checkpoint that a policy believes. Only `TrustPolicy.verify` makes one.
public struct VerifiedCheckpoint: Sendable {
    public let checkpoint: Checkpoint
    /// The cosignatures of known witnesses that hold, with their times.
    public let cosignatures: [VerifiedSignature]
}

/// Why a policy makes no sense.
public enum TrustPolicyError: Error, Sendable, Equatable {
    case wrongKeyType
    case sharedPublicKey
    /// Two witnesses with the same name and key id.
    case ambiguousKey
    case unreachableQuorum
}

/// Why a checkpoint is not believed.
public enum CheckpointRefusal: Error, Sendable, Equatable {
    case signature(NoteVerificationError)
    /// Witnesses signed, the log did not.
    case notSignedByLog
    /// Signed with the right key, but for another log.
    case wrongOrigin
    case tooFewCosignatures(required: Int, found: Int)
}

import Edge
import TransparencyLog

extension WitnessRefusal {
    /// By its status, which the specification gives.
    var problem: ProblemKind {
        switch self {
        case .unknownOrigin: .notFound
        case .notSigned: .forbidden
        case .oldSizeBeyondCheckpoint: .malformedRequest
        case .otherSize, .otherRoot: .conflict
        case .invalidProof: .validation
        }
    }

    var detail: String {
        switch self {
        case .unknownOrigin: "This witness does not know a log of this origin."
        case .notSigned: "No key that this witness trusts for the origin vouches for the checkpoint."
        case .oldSizeBeyondCheckpoint: "The old size is greater than that of the checkpoint."
        case .otherSize: "The old size is not that of the checkpoint cosigned last."
        case .otherRoot: "The checkpoint cosigned last has the same size and another root."
        case .invalidProof: "The proof does not lead from the checkpoint cosigned last to this one."
        }
    }

    /// For the operator, in one word.
    var reason: String {
        switch self {
        case .unknownOrigin: "unknown-origin"
        case .notSigned: "not-signed"
        case .oldSizeBeyondCheckpoint: "old-size-beyond-checkpoint"
        case .otherSize: "other-size"
        case .otherRoot: "other-root"
        case .invalidProof: "invalid-proof"
        }
    }

    /// Whether a known key of the log has signed what was refused.
    var isOfKnownLog: Bool {
        switch self {
        case .unknownOrigin, .notSigned: false
        case .oldSizeBeyondCheckpoint, .otherSize, .otherRoot, .invalidProof: true
        }
    }
}

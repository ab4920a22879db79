package import TransparencyLog

/// Why a checkpoint is not cosigned.
package enum WitnessPushError: Error, Equatable, CustomStringConvertible {
    case refused(status: UInt)
    /// It told another size twice.
    case witnessMovesOn
    /// It has cosigned a tree that is larger than the log is.
    case witnessIsAhead(witness: UInt64, log: UInt64)
    /// The answer's signature is not one of the witness's key over the checkpoint.
    case notVouchedFor(CheckpointRefusal)

    /// Whether the log is not what it was when the witness cosigned it.
    package var isFinding: Bool {
        switch self {
        case .refused(let status): status == 409 || status == 422
        case .witnessIsAhead: true
        case .witnessMovesOn, .notVouchedFor: false
        }
    }

    package var description: String {
        switch self {
        case .refused(403): "the witness trusts another key for this log (403): give it the log's verifier key"
        case .refused(404): "the witness does not know this log (404): give it the log's verifier key"
        case .refused(409): "the witness has cosigned another tree of this size (409): the log was forked or restored"
        case .refused(422): "the witness has cosigned a tree that this one does not continue (422): forked or restored"
        case .refused(let status): "the witness answered with status \(status)"
        case .witnessMovesOn: "the witness has moved on meanwhile; try again"
        case .witnessIsAhead(let witness, let log):
            "the witness has cosigned a tree of \(witness) entries, the log has \(log): was an old backup restored?"
        case .notVouchedFor(let refusal): "the witness's answer is no cosignature of its key (\(refusal))"
        }
    }
}

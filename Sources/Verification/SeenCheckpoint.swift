package import TransparencyLog

/// A checkpoint of the log that was found good before, with the key that signed it: what a later state of the log must
/// be consistent with. A log that was truncated, or restored from an older backup, is sound in itself; only who has
/// seen more of it can tell.
package struct SeenCheckpoint: Sendable, Equatable {
    package let signer: NoteVerifier
    package let signed: SignedCheckpoint

    package var checkpoint: Checkpoint { signed.unverified }

    /// Throws if the key did not sign the checkpoint.
    init(signer: NoteVerifier, signed: SignedCheckpoint) throws(SeenCheckpointError) {
        guard let policy = try? TrustPolicy(log: signer), (try? policy.verify(signed)) != nil else { throw .notSigned }
        self.signer = signer
        self.signed = signed
    }

    /// Reads what ``text`` wrote: the verifier key on a line, then the checkpoint verbatim.
    package init(parsing text: String) throws(SeenCheckpointError) {
        guard let end = text.utf8.firstIndex(of: 0x0A) else { throw .malformed }
        guard let signer = try? NoteVerifier(parsing: String(text[..<end])),
            let signed = try? SignedCheckpoint(parsing: Array(text.utf8[text.utf8.index(after: end)...]))
        else { throw .malformed }
        try self.init(signer: signer, signed: signed)
    }

    package var text: String {
        signer.text + "\n" + String(decoding: signed.encoded(), as: UTF8.self)
    }
}

/// Why something is not a checkpoint that was seen.
package enum SeenCheckpointError: Error, Sendable, Equatable, CustomStringConvertible {
    case malformed
    case notSigned

    package var description: String {
        switch self {
        case .malformed: "it does not hold a verifier key and a checkpoint"
        case .notSigned: "the checkpoint in it is not signed by the key in it"
        }
    }
}

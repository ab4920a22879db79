package import EventStore
package import TransparencyLog
import Verification

/// The keys that may have signed for a log: those that are known, and whatever a hand-over connects with them.
package struct TrustedKeys: Sendable {
    package let verifiers: Set<NoteVerifier>

    /// - Parameters:
    ///   - roots: known by themselves.
    ///   - handovers: believed if both keys have signed, and one of them is believed.
    package init(roots: some Sequence<NoteVerifier>, handovers: [LogKeyHistory.Handover]) {
        var verifiers = Set(roots)
        let pairs = handovers.compactMap { handover -> (old: NoteVerifier, new: NoteVerifier)? in
            guard let old = try? NoteVerifier(parsing: handover.old),
                let new = try? NoteVerifier(parsing: handover.new),
                (try? Handover.verify(Array(handover.note.utf8), from: old, to: new)) != nil
            else { return nil }
            return (old, new)
        }
        var known: Int
        repeat {
            known = verifiers.count
            for pair in pairs where verifiers.contains(pair.old) || verifiers.contains(pair.new) {
                verifiers.formUnion([pair.old, pair.new])
            }
        } while verifiers.count > known
        self.verifiers = verifiers
    }

    /// Who signed a checkpoint of their own log. Nil if it is nobody of them.
    package func signer(of checkpoint: SignedCheckpoint) -> NoteVerifier? {
        verifiers.first { verifier in
            guard let policy = try? TrustPolicy(log: verifier) else { return false }
            return (try? policy.verify(checkpoint)) != nil
        }
    }
}

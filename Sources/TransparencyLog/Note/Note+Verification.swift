extension Note {
    /// Verifies the signatures of the given keys (signed-note, "Signatures").
    ///
    /// - Signatures of other keys are ignored, also if they share a name or an id with a given key.
    /// - Every signature of a given key must hold, or the whole note is refused.
    /// - At least one must be there.
    /// - A line that stands there twice counts once.
    ///
    /// - Returns: the text with the signatures that hold.
    public func verify(with verifiers: [NoteVerifier]) throws(NoteVerificationError) -> VerifiedNote {
        var known: [NoteKey: NoteVerifier] = [:]
        var ambiguous: Set<NoteKey> = []
        for verifier in verifiers {
            if let other = known.updateValue(verifier, forKey: verifier.key), other != verifier {
                ambiguous.insert(verifier.key)
            }
        }
        var seen: Set<NoteSignature> = []
        var verified: [VerifiedSignature] = []
        for signature in signatures {
            guard let verifier = known[signature.key], seen.insert(signature).inserted else { continue }
            guard !ambiguous.contains(signature.key) else { throw .ambiguousKey(signature.key) }
            guard verifier.verifies(signature, over: text) else { throw .invalidSignature(signature.key) }
            verified.append(
                VerifiedSignature(verifier: verifier, time: verifier.cosignatureTime(of: signature)))
        }
        guard !verified.isEmpty else { throw .noKnownSignature }
        return VerifiedNote(text: text, signatures: verified)
    }
}

/// A text that keys vouch for. Only `Note.verify` makes one.
public struct VerifiedNote: Sendable {
    public let text: String

    /// At least one, in the order of the lines. A key that signed twice, at two times, is there twice.
    public let signatures: [VerifiedSignature]

    /// The keys that signed, each once.
    public var keys: Set<NoteKey> { Set(signatures.map(\.verifier.key)) }
}

/// A signature that holds.
public struct VerifiedSignature: Sendable, Hashable {
    public let verifier: NoteVerifier
    /// For a cosignature, when it was made: seconds since 1970. Nil for a plain signature.
    public let time: UInt64?
}

/// Why no key vouches for a note.
public enum NoteVerificationError: Error, Sendable, Equatable {
    /// None of the signatures is of a given key.
    case noKnownSignature
    /// A given key's signature does not hold.
    case invalidSignature(NoteKey)
    /// Two given keys that differ have this name and id.
    case ambiguousKey(NoteKey)
}

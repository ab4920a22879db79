package import TransparencyLog

/// A hand-over: a checkpoint that is signed by two keys of the same log. Who trusts the first may trust the second.
package enum Handover {
    package static func verify(
        _ bytes: [UInt8], from old: NoteVerifier, to new: NoteVerifier
    ) throws(HandoverRefusal) -> Checkpoint {
        guard old.type == .ed25519, new.type == .ed25519, old.key.name == new.key.name else { throw .otherNames }
        guard old != new else { throw .sameKey }
        let signed: SignedCheckpoint
        do { signed = try SignedCheckpoint(parsing: bytes) } catch { throw .malformed }
        guard signed.unverified.origin.utf8.elementsEqual(old.key.name.text.utf8) else { throw .otherOrigin }
        let keys: Set<NoteKey>
        do { keys = try signed.note.verify(with: [old, new]).keys } catch {
            switch error {
            case .invalidSignature(let key): throw .invalidSignature(key == old.key ? .old : .new)
            case .noKnownSignature, .ambiguousKey: throw .unsigned(.old)
            }
        }
        guard keys.contains(old.key) else { throw .unsigned(.old) }
        guard keys.contains(new.key) else { throw .unsigned(.new) }
        return signed.unverified
    }
}

/// Why a note hands nothing over.
package enum HandoverRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Side: String, Sendable {
        case old, new
    }

    case malformed
    case sameKey
    /// The keys are of two logs.
    case otherNames
    case otherOrigin
    case unsigned(Side)
    case invalidSignature(Side)

    package var description: String {
        switch self {
        case .malformed: "it is not a signed checkpoint"
        case .sameKey: "both keys are the same"
        case .otherNames: "the keys are not those of one log"
        case .otherOrigin: "the checkpoint is not of the keys' log"
        case .unsigned(let side): "the \(side.rawValue) key has not signed it"
        case .invalidSignature(let side): "the \(side.rawValue) key's signature does not hold"
        }
    }
}

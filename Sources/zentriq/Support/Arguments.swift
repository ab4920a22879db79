import ArgumentParser
import EventStore
import Foundation
import TransparencyLog

/// Reads an argument that is a UUID.
func uuidArgument(_ text: String) throws -> UUID {
    guard let value = UUID(text: text) else { throw ValidationError("'\(text)' is not a UUID.") }
    return value
}

/// Reads an argument that is a verifier key of a log (type 0x01) or of a witness (0x04).
func verifierArgument(_ type: SignatureType) -> @Sendable (String) throws -> NoteVerifier {
    { text in
        let whose = type == .cosignature ? "a witness's" : "a log's"
        guard let verifier = try? NoteVerifier(parsing: text), verifier.type == type else {
            throw ValidationError("'\(text)' is not \(whose) verifier key, such as name+1a2b3c4d+BASE64.")
        }
        return verifier
    }
}

import ArgumentParser
import CanonicalJSON
import EventStore
import Foundation
import Projections
import TransparencyLog

/// Reads an argument that is a UUID.
func uuidArgument(_ text: String) throws -> UUID {
    guard let value = UUID(text: text) else { throw ValidationError("'\(text)' is not a UUID.") }
    return value
}

/// Reads an argument that is a time.
func timeArgument(_ text: String) throws -> EventTime {
    guard let time = RFC3339.parse(text) else {
        throw ValidationError("'\(text)' is no time such as 2026-05-01T12:00:00Z.")
    }
    return EventTime(microseconds: time)
}

/// Reads `--as-of`; now, if it is absent.
func momentArgument(_ text: String?) throws -> Balances.Moment {
    guard let text else { return .now }
    if let position = Int64(text), position >= 0 { return .position(LogPosition(position)) }
    guard let time = RFC3339.parse(text) else {
        throw ValidationError("--as-of is a position, or a time such as 2026-05-01T12:00:00Z.")
    }
    return .time(EventTime(microseconds: time))
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

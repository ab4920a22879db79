import ArgumentParser
import EventStore
import Foundation

/// Reads an argument that is a UUID.
func uuidArgument(_ text: String) throws -> UUID {
    guard let value = UUID(text: text) else { throw ValidationError("'\(text)' is not a UUID.") }
    return value
}

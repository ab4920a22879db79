import ArgumentParser
import TransparencyLog

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Verify a receipt or a hand-over offline, or the whole log against its database.",
        discussion: "Exits with 2 if what was looked at is not what it should be.",
        subcommands: [VerifyReceipt.self, VerifyHandover.self, VerifyLog.self])
}

/// Reads an argument that is a verifier key.
func verifierArgument(_ text: String) throws -> NoteVerifier {
    do { return try NoteVerifier(parsing: text) } catch {
        throw ValidationError("'\(text)' is not a verifier key (name+id+base64): \(error).")
    }
}

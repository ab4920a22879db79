import ArgumentParser
import Billing
import EventStore
import Foundation

struct PrivacyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "privacy", abstract: "What people asked of their data: list, record, close.",
        subcommands: [ListRequests.self, RecordRequest.self, CloseRequest.self])

    /// Nobody with a token: whoever has the service's keys.
    static let requester = Requester(actor: nil, request: nil)
}

/// Which person of which tenant.
struct PersonOptions: ParsableArguments {
    @Option(help: "The person's tenant.", transform: uuidArgument) var tenant: UUID
    @Option(help: "The person's handle.", transform: uuidArgument) var subject: UUID?
    @Option(help: "In place of the handle: the person's object identifier.", transform: uuidArgument) var object: UUID?

    func validate() throws {
        guard (subject == nil) != (object == nil) else { throw ValidationError("Give either --subject or --object.") }
    }
}

/// Reads an argument that is one of a few words.
func wordArgument<Word: RawRepresentable & CaseIterable>(_ text: String) throws -> Word where Word.RawValue == String {
    guard let word = Word(rawValue: text) else {
        throw ValidationError("'\(text)' is none of \(Word.allCases.map(\.rawValue).joined(separator: ", ")).")
    }
    return word
}

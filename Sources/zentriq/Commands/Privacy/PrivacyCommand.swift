import ArgumentParser
import AuditLog
import Billing
import EventStore
import Foundation
import Gateway

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

    func resolved(_ platform: Platform) async throws -> DataSubject {
        try await platform.person(of: tenant, subject: subject, object: object)
    }
}

extension Platform {
    /// Whoever has the handle, or is named by the object identifier.
    ///
    /// - Throws: ``PrivacyError/unknownSubject`` if the directory knows no such object.
    func person(of tenant: UUID, subject: UUID?, object: UUID?) async throws -> DataSubject {
        let tenant = TenantID(tenant)
        if let subject { return DataSubject(tenant, ActorHandle(subject)) }
        guard let object, let handle = try await subjects.knownHandle(of: object, in: tenant) else {
            throw PrivacyError.unknownSubject
        }
        return DataSubject(tenant, handle)
    }
}

/// Reads an argument that is one of a few words.
func wordArgument<Word: RawRepresentable & CaseIterable>(_ text: String) throws -> Word where Word.RawValue == String {
    guard let word = Word(rawValue: text) else {
        throw ValidationError("'\(text)' is none of \(Word.allCases.map(\.rawValue).joined(separator: ", ")).")
    }
    return word
}

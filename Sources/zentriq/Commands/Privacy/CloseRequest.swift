import ArgumentParser
import AuditLog
import Billing
import EventStore
import Foundation
import Gateway

struct CloseRequest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "close", abstract: "Say that a request was fulfilled, or why it was refused.")

    @Argument(help: "The request's identifier.", transform: uuidArgument) var request: UUID
    @OptionGroup var person: PersonOptions
    @Option(
        help: "It was refused, and why; fulfilled otherwise.", transform: wordArgument)
    var refused: PrivacyClosing.Reason?

    func run() async throws {
        try await reportingFailure {
            let closing = refused.map(PrivacyClosing.refused) ?? .fulfilled
            let accepted = try await PlatformAccess.writing { platform in
                try await platform.privacy.close(
                    request, as: closing, of: person.resolved(platform), by: PrivacyCommand.requester)
            }
            print(String(decoding: accepted.response, as: UTF8.self))
        }
    }
}

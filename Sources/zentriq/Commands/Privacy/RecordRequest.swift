import ArgumentParser
import Billing
import EventStore
import Foundation
import Gateway

struct RecordRequest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Record a request that came by e-mail, letter or phone.",
        discussion: "Prints the answer, with the request's identifier and by when it is due.")

    @OptionGroup var person: PersonOptions
    @Option(help: "access, erasure, rectification, restriction or objection.", transform: wordArgument)
    var kind: PrivacyRequest.Kind
    @Option(help: "email, letter, phone or other.", transform: wordArgument)
    var channel: PrivacyRequest.Channel
    @Option(help: "When it came, such as 2026-05-01T12:00:00Z (default: now).", transform: timeArgument)
    var received: EventTime?
    @Option(help: "Whatever tells this request from others: the same once more records nothing.") var key: String?

    func validate() throws {
        guard PrivacyRequest.Channel.recorded.contains(channel) else {
            throw ValidationError("What comes through the interface, the person records.")
        }
    }

    func run() async throws {
        try await reportingFailure {
            let accepted = try await PlatformAccess.writing { platform in
                try await platform.privacy.record(
                    kind, by: channel, receivedAt: received, of: person.resolved(platform),
                    idempotencyKey: key ?? UUID().uuidString, by: PrivacyCommand.requester)
            }
            print(String(decoding: accepted.response, as: UTF8.self))
        }
    }
}

import ArgumentParser
import AuditLog
import Billing
import CanonicalJSON
import EventStore
import Foundation
import Gateway

struct EraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase", abstract: "Erase a person, or a whole tenant.",
        discussion: """
            Records the request and carries it on as far as it goes now; the service does the rest. Done again, it \
            goes on with what was begun. Exits with 2 while it is not complete.
            """)

    @Option(help: "The tenant.", transform: uuidArgument) var tenant: UUID
    @Option(help: "The person's handle.", transform: uuidArgument) var subject: UUID?
    @Option(help: "In place of the handle: the person's object identifier.", transform: uuidArgument) var object: UUID?
    @Flag(help: "Everybody of the tenant.") var all = false
    @Option(help: "With --all: whatever tells this request from others.") var key: String?
    @Flag(help: "Say who would be erased, and change nothing.") var dryRun = false

    func validate() throws {
        guard [subject != nil, object != nil, all].count(where: \.self) == 1 else {
            throw ValidationError("Give one of --subject, --object and --all.")
        }
        guard all == (key != nil) else { throw ValidationError("--all needs --key, and nothing else does.") }
    }

    func run() async throws {
        try await reportingFailure {
            if dryRun {
                let whom = try await PlatformAccess.reading { try await person($0) }
                return print(
                    whom.map { "The person \($0.rawValue.lowercaseText) would be erased." }
                        ?? "The tenant would be erased.")
            }
            let complete = try await PlatformAccess.writing(withRetention: true) { platform in
                try await erase(person(platform), platform)
            }
            if !complete { throw ExitCode.findings }
        }
    }

    private func erase(_ person: ActorHandle?, _ platform: Platform) async throws -> Bool {
        let accepted = try await platform.erasures.begin(
            TenantID(tenant), person, stores: ErasureDriver.stores(platform.configuration.callBacks),
            idempotencyKey: key ?? "", by: PrivacyCommand.requester)
        guard let answer = try JSONParser.parse(accepted.response).objectValue,
            let request = answer["request"]?.stringValue.flatMap({ UUID(text: $0) }),
            let driver = platform.erasureDriver(), let erasure = try await driver.advance(request)
        else { throw Settings.Failure(description: "ZENTRIQ_RETENTION_PASSWORD is not set") }
        printCanonical(erasure.object)
        return erasure.process.isComplete
    }

    /// Nil for everybody of the tenant.
    private func person(_ platform: Platform) async throws -> ActorHandle? {
        if all {
            guard try await platform.reader.knows(TenantID(tenant)) else { throw PrivacyError.unknownTenant }
            return nil
        }
        let person = try await platform.person(of: tenant, subject: subject, object: object)
        // Not by the key: once that is destroyed, the erasure goes on all the same.
        if subject != nil, try await !platform.erasures.knows(person) { throw PrivacyError.unknownSubject }
        return person.handle
    }
}

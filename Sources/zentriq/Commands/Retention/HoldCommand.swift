import ArgumentParser
import AuditLog
import CanonicalJSON
import EventStore
import Foundation
import Gateway
import Retention

struct HoldCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: "Legal holds: what must not go, whatever the policy says.",
        subcommands: [PlaceHold.self, ReleaseHold.self, ListHolds.self])
}

struct PlaceHold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "place", abstract: "Place a hold on what meets all conditions that are given.",
        discussion: "Reason and office stay in the log for ever: no personal data. Prints the hold's identifier.")

    @Option(help: "Of this tenant.", transform: uuidArgument) var tenant: UUID?
    @Option(help: "Of this person, by handle.", transform: uuidArgument) var subject: UUID?
    @Option(help: "Of this stream, such as account-punchout.") var stream: String?
    @Option(name: .customLong("class"), help: "Of this retention class.", transform: classArgument)
    var retention: RetentionClass?
    @Option(help: "Recorded on this day or later.", transform: dayArgument) var from: CivilDay?
    @Option(help: "Recorded before this day.", transform: dayArgument) var to: CivilDay?
    @Option(help: "In force until this day begins (default: until it is released).", transform: dayArgument)
    var until: CivilDay?
    @Option(help: "Why, such as the number of a case.") var reason: String
    @Option(help: "The office that orders it.") var by: String

    func validate() throws {
        if let stream, StreamID(stream) == nil { throw ValidationError("'\(stream)' is no stream.") }
    }

    func run() async throws {
        try await reportingFailure {
            var scope = LegalHold.Scope()
            scope.tenant = tenant.map(TenantID.init)
            scope.subject = subject.map(ActorHandle.init)
            scope.stream = stream.flatMap { StreamID($0) }
            scope.retention = retention
            scope.from = from?.start
            scope.to = to?.start
            let hold = try LegalHold(id: UUID(), scope: scope, reason: reason, placedBy: by, until: until?.start)
            try await RetentionAccess.writing { ledger, reader in
                try await HoldRegister(reader: reader).place(
                    hold, now: WallClock.system.now(), with: ledger, by: RetentionAccess.requester)
            }
            print(hold.id.lowercaseText)
        }
    }
}

struct ReleaseHold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Release a hold. What it deferred goes at once.")

    @Argument(help: "The hold's identifier.", transform: uuidArgument) var hold: UUID
    @Option(help: "Why.") var reason: String
    @Option(help: "The office that releases it.") var by: String
    @Flag(inversion: .prefixedNo, help: "Sweep what is due now; otherwise the service does, or the next sweep.")
    var sweep = true

    func run() async throws {
        try await reportingFailure {
            let release = try HoldRelease(hold: hold, reason: reason, releasedBy: by)
            let report = try await PlatformAccess.changing { platform in
                try await PlatformAccess.writing(platform) {
                    try await platform.holds.release(release, with: platform.ledger, by: RetentionAccess.requester)
                }
                return sweep ? try await RetentionAccess.sweeper().run() : nil
            }
            if let report { print("Released; \(report.total) events went.") }
        }
    }
}

struct ListHolds: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List all holds that ever were.")

    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reportingFailure {
            let now = WallClock.system.now()
            let (entries, _) = try await RetentionAccess.reading { try await HoldRegister(reader: $0).all() }
            if json {
                let items = entries.map { entry -> JSONValue in
                    var object = entry.hold.object
                    object["in_force"] = .bool(entry.isInForce(at: now))
                    object["placed_at"] = .string(entry.placedAt.text)
                    object["released_at"] = entry.releasedAt.map { .string($0.text) }
                    return .object(object)
                }
                return printCanonical(.array(items))
            }
            for entry in entries {
                let state =
                    entry.isInForce(at: now) ? "in force" : entry.releasedAt.map { "released \($0.text)" } ?? "over"
                print("\(entry.hold.id.lowercaseText)  \(state)  \(entry.hold.placedBy): \(entry.hold.reason)")
            }
        }
    }
}

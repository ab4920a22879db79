import ArgumentParser
import AuditLog
import Billing
import CanonicalJSON
import EventStore
import Foundation

struct ListAccesses: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grants", abstract: "List accesses of which something is still to come, newest first.",
        discussion: "Exits with 2 if one of those listed wants a review.")

    @Flag(help: "Also those of which nothing is.") var all = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reportingFailure {
            let (accesses, seats) = try await PlatformAccess.reading(withAccess: true) { platform in
                let desk = try StaffCommand.desk(platform)
                let seats = try await desk.roster.entries().map { ($0.member.id, $0.member.seat) }
                return (try await desk.database.accesses(all: all), Dictionary(uniqueKeysWithValues: seats))
            }
            if json {
                let items = accesses.map { JSONValue.object($0.object(seats: seats)) }
                printCanonical(.array(items))
            } else {
                for access in accesses { print(Self.line(access, seats)) }
            }
            if accesses.contains(where: \.wantsReview) { throw ExitCode.findings }
        }
    }

    private static func line(_ access: AccessRow, _ seats: [UUID: Int]) -> String {
        var parts = [
            access.id.lowercaseText, access.state.rawValue,
            access.isBreakGlass ? "break-glass" : "\(access.minutes) min",
            ([access.scope] + access.tables + [access.tenant?.rawValue.lowercaseText].compactMap(\.self))
                .joined(separator: " "),
            "seat \(seats[access.requestedBy].map(String.init) ?? "-")",
            access.expiresAt?.text ?? access.requestedAt.text,
            "\(access.reason) (\(access.ticket))",
        ]
        if access.wantsReview { parts.append("wants a review") }
        return parts.joined(separator: "  ")
    }
}

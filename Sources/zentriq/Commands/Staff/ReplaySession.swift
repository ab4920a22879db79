import ArgumentParser
import AuditLog
import Billing
import CanonicalJSON
import EventStore
import Foundation
import Gateway

struct ReplaySession: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Print what was done in a session, in time.",
        discussion: "With the texts of the statements, opened with the key-encryption key.")

    @Argument(help: "The session, as listed: such as 6b01fef2.166b.") var session: String
    @Flag(help: "Print JSON, one object a line.") var json = false

    func run() async throws {
        try await reportingFailure {
            let count = try await PlatformAccess.reading { platform in
                try await platform.replay(session) { moment in
                    if json { printCanonical(Self.object(moment)) } else { print(Self.line(moment)) }
                }
            }
            guard count > 0 else {
                throw StaffError.refused("there is no session \(session); see zentriq staff sessions")
            }
        }
    }

    private static func object(_ moment: StaffRecordings.Moment) -> JSONObject {
        var object: JSONObject = ["position": .string(String(moment.position.rawValue))]
        guard
            case .object(let members)? = try? JSONParser.parse(
                moment.event.newEvent.data, limits: .init(maximumBytes: 1 << 24))
        else { return object }
        for (name, value) in members.members where name != "sealed" { object[name] = value }
        object["type"] = .string(moment.event.newEvent.type.name)
        for (name, value) in moment.text.members { object[name == "object" ? "object_name" : name] = value }
        return object
    }

    private static func line(_ moment: StaffRecordings.Moment) -> String {
        func text(_ name: String) -> String? { moment.text[name]?.stringValue.map(Self.plain) }
        switch moment.event {
        case .opened(let session):
            return
                "\(session.at.text)  log-in of \(session.role) from \(text("from") ?? "-"): \(text("message") ?? "-")"
        case .closed(let end): return "\(end.at.text)  end (\(end.reason.rawValue)) after \(end.statements) statements"
        case .alert(let alert): return "\(alert.at.text)  alarm: \(alert.kind.rawValue), \(alert.what)"
        case .statement(let statement):
            let number = statement.number.map { "\($0)\(statement.part.map { ".\($0)" } ?? "")" }
            let parts = [
                statement.at.text, statement.kind.rawValue, number, statement.action, statement.command,
                Self.objects(statement) ?? text("object"), statement.sqlState, text("message"), text("text"),
                text("parameters").map { "with \($0)" },
                statement.microseconds.map { "\($0 / 1_000).\(String($0 % 1_000 + 1_000).dropFirst()) ms" },
            ]
            return parts.compactMap(\.self).joined(separator: "  ")
        }
    }

    private static func objects(_ statement: StaffStatement) -> String? {
        guard let first = statement.objects.first else { return nil }
        return statement.objects.count == 1
            ? first : "\(first) and \(statement.objects.count - 1) of its parts or others"
    }

    /// Without anything that would break a line, or a terminal.
    private static func plain(_ text: String) -> String {
        String(text.unicodeScalars.map { CharacterSet.controlCharacters.contains($0) ? " " : Character($0) })
    }
}

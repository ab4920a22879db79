import ArgumentParser
import AuditLog
import Billing
import CanonicalJSON
import EventStore
import Foundation
import Gateway

struct ListSessions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions", abstract: "List sessions with the database, and what does not fit together in them.",
        discussion: """
            As the server's own log tells of them, in the order of their beginning; then alarms that belong to none. \
            Exits with 2 if there are alarms.
            """)

    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reportingFailure {
            let (sessions, alerts) = try await PlatformAccess.reading { try await $0.recordings.sessions() }
            if json {
                printCanonical([
                    "alerts": .array(alerts.map { .object(Self.object($0)) }),
                    "sessions": .array(sessions.map { .object(Self.object($0)) }),
                ])
            } else {
                for session in sessions { print(Self.line(session)) }
                for alert in alerts { print("alarm  \(alert.at.text)  \(alert.kind.rawValue)  \(alert.what)") }
            }
            if !alerts.isEmpty || sessions.contains(where: { !$0.alerts.isEmpty }) { throw ExitCode.findings }
        }
    }

    private static func line(_ summary: StaffRecordings.Summary) -> String {
        let (session, end) = (summary.session, summary.end)
        let alerts = summary.alerts.map { "\($0.kind.rawValue) (\($0.what))" }.joined(separator: ", ")
        return [
            session.session, session.at.text, end.map { "\(seconds(session, $0)) s, \($0.reason.rawValue)" } ?? "open",
            "\(end?.statements ?? summary.statements) statements", session.role,
            session.access.map { "access \($0.lowercaseText)" } ?? "no grant",
            alerts.isEmpty ? "no alarm" : "alarms: \(alerts)",
        ].joined(separator: "  ")
    }

    private static func seconds(_ session: StaffSession, _ end: StaffSessionEnd) -> Int64 {
        (end.at.microseconds - session.at.microseconds) / 1_000_000
    }

    private static func object(_ summary: StaffRecordings.Summary) -> JSONObject {
        let (session, end) = (summary.session, summary.end)
        var object: JSONObject = [
            "alerts": .array(summary.alerts.map { .object(Self.object($0)) }), "opened_at": .string(session.at.text),
            "role": .string(session.role), "session": .string(session.session),
            "statements": .integer(end?.statements ?? summary.statements),
        ]
        object["access"] = session.access.map { .string($0.lowercaseText) }
        object["closed_at"] = end.map { .string($0.at.text) }
        object["end"] = end.map { .string($0.reason.rawValue) }
        object["seconds"] = end.map { .integer(seconds(session, $0)) }
        return object
    }

    private static func object(_ alert: StaffAlert) -> JSONObject {
        ["at": .string(alert.at.text), "kind": .string(alert.kind.rawValue), "what": .string(alert.what)]
    }
}

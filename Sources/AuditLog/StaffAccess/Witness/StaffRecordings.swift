package import Billing
package import CanonicalJSON
import Crypto
package import EventStore
package import Foundation
package import Postgres
import Retention
package import Sealing

/// What was recorded of sessions with staff, for whoever reviews it.
package struct StaffRecordings: Sendable {
    package struct Summary: Sendable {
        package let session: StaffSession
        package var end: StaffSessionEnd?
        package var statements: Int64 = 0
        package var alerts: [StaffAlert] = []
        private var newest: Int64 = 0

        fileprivate init(_ session: StaffSession) { self.session = session }

        fileprivate mutating func count(_ statement: StaffStatement) {
            if statement.kind == .call || statement.number ?? 0 > newest { statements += 1 }
            newest = max(newest, statement.number ?? 0)
        }
    }

    /// Something of a session, with its text.
    package struct Moment: Sendable {
        package let event: WitnessedEvent
        package let position: LogPosition
        package let text: JSONObject
    }

    /// What is held at once: one event may have a text of ``ServerLogLine/maximumBytes``.
    static let pageEvents = 64

    let reader: LogReader

    /// - Parameter reader: with a role that sees all tenants.
    package init(reader: LogReader) {
        self.reader = reader
    }

    /// The identifier that names a session's stream.
    package static func id(of session: String, origin: String) -> UUID {
        let bytes = Array(SHA256.hash(data: Array("zentriq-staff-session/v1\n\(origin)\n\(session)".utf8)))
        return UUID(
            uuid: (
                bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7], bytes[8], bytes[9],
                bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]
            ))
    }

    /// All sessions, in the order of their beginning; and alarms that are about none of them.
    package func sessions() async throws -> (sessions: [Summary], alerts: [StaffAlert]) {
        var sessions: [String: Summary] = [:]
        try await forEach(of: EventCatalog.sessionOpened.category) { event in
            switch event {
            case .opened(let session): sessions[session.session] = Summary(session)
            case .statement(let statement): sessions[statement.session]?.count(statement)
            case .closed(let end): sessions[end.session]?.end = end
            case .alert: break
            }
        }
        var others: [StaffAlert] = []
        try await forEach(of: EventCatalog.staffAlert.category) { event in
            guard case .alert(let alert) = event else { return }
            if let session = alert.session, sessions[session] != nil {
                sessions[session]?.alerts.append(alert)
            } else {
                others.append(alert)
            }
        }
        return (sessions.values.sorted { $0.session.at < $1.session.at }, others)
    }

    /// What of it is kept is kept by `body`.
    private func forEach(of category: String, _ body: (WitnessedEvent) throws -> Void) async throws {
        let head = try await reader.head()
        var (next, since) = (LogPosition(0), EventTime(microseconds: 0))
        while next < head.nextPosition {
            let page = try await reader.all(from: next, since: since, category: category, limit: Self.pageEvents)
            for event in page { if let witnessed = try Self.witnessed(event) { try body(witnessed) } }
            guard page.count == Self.pageEvents, let last = page.last else { return }
            (next, since) = (LogPosition(last.position.rawValue + 1), last.recordedAt)
        }
    }

    /// What was done in a session, in time, with the texts opened, one after the other.
    ///
    /// - Returns: how many there were: none if there is no such session.
    package func replay(
        _ session: String, keys: KeyEncryptionKeys, pool: PostgresPool, _ body: (Moment) throws -> Void
    ) async throws -> Int {
        let id = Self.id(of: session, origin: reader.origin)
        var key: RecordKey?
        var (count, next) = (0, StreamVersion(1))
        while true {
            let page = try await reader.stream(
                StreamKey(.system, Streams.staffSession(id)), of: .access, from: next, limit: Self.pageEvents)
            guard !page.isEmpty else { return count }
            let opener: RecordKey
            if let key {
                opener = key
            } else {
                opener = try await RecorderDatabase.key(
                    of: reader.log, origin: reader.origin, keys: keys, pool: pool, isMaking: false)
            }
            key = opener
            for event in page {
                guard let witnessed = try Self.witnessed(event) else { continue }
                try body(
                    Moment(event: witnessed, position: event.position, text: try Self.text(witnessed, id, opener)))
                count += 1
            }
            guard page.count == Self.pageEvents, let last = page.last else { return count }
            next = last.version.next
        }
    }

    private static func witnessed(_ event: RecordedEvent) throws -> WitnessedEvent? {
        guard case .witnessed(let witnessed) = try DomainEvent(event) else { return nil }
        return witnessed
    }

    private static func text(_ event: WitnessedEvent, _ id: UUID, _ key: RecordKey) throws -> JSONObject {
        let (sealed, line): ([UInt8], Int64) =
            switch event {
            case .opened(let session): (session.sealed, session.line)
            case .statement(let statement): (statement.sealed, statement.line)
            case .closed, .alert: ([], 0)
            }
        guard !sealed.isEmpty else { return [:] }
        let limits = JSONParser.Limits(maximumBytes: ServerLogLine.maximumBytes)
        return try JSONParser.parse(key.open(sealed, session: id, line: line), limits: limits).objectValue ?? [:]
    }
}

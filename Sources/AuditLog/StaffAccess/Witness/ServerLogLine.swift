import CanonicalJSON
import EventStore

/// A line of the server's JSON log: what of it is looked at.
struct ServerLogLine: Sendable, Equatable {
    let time: EventTime
    /// Who logged in, whatever role was taken on since. Nil for the server's own processes, and until it is known.
    let user: String?
    let database: String?
    let process: Int64
    let remoteHost: String?
    /// When the process began and its number, in hexadecimal digits.
    let session: String
    /// Of the lines of this process: 1, 2, 3…
    let number: Int64
    let severity: String
    let sqlState: String?
    let message: String
    let detail: String?
    /// Where in a function it was written. pgAudit's lines have none, lines that a function writes always do.
    let context: String?
    let statement: String?
    let application: String?
    let backend: String

    /// Longer ones are not read.
    static let maximumBytes = 8 << 20
    private static let limits = JSONParser.Limits(maximumDepth: 4, maximumBytes: maximumBytes)

    /// Nil for anything that the server does not write.
    init?(_ bytes: some Collection<UInt8>) {
        // What a client sends before it is known need not be UTF-8.
        guard
            case .object(let members)? = (try? JSONParser.parse(bytes, limits: Self.limits))
                ?? (try? JSONParser.parse(Array(String(decoding: bytes, as: UTF8.self).utf8), limits: Self.limits)),
            let stamp = members["timestamp"]?.stringValue, let time = Self.time(stamp),
            let process = members["pid"]?.integerValue, let session = members["session_id"]?.stringValue,
            let number = members["line_num"]?.integerValue, let severity = members["error_severity"]?.stringValue
        else { return nil }
        func text(_ name: String) -> String? { members[name]?.stringValue }
        self.time = time
        user = text("user")
        database = text("dbname")
        self.process = process
        remoteHost = text("remote_host")
        self.session = session
        self.number = number
        self.severity = severity
        sqlState = text("state_code")
        message = text("message") ?? ""
        detail = text("detail")
        context = text("context")
        statement = text("statement")
        application = text("application_name")
        backend = text("backend_type") ?? ""
    }

    /// Such as `2026-11-21 20:28:34.866 UTC`. The server has to log in UTC.
    private static func time(_ text: String) -> EventTime? {
        let parts = text.split(separator: " ")
        guard parts.count == 3, parts[2] == "UTC" else { return nil }
        return RFC3339.parse("\(parts[0])T\(parts[1])Z").map(EventTime.init(microseconds:))
    }
}

import EventStore
import Foundation

/// A folder with log files as the server writes them, for a test to do with as it likes.
final class LogFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "zentriq-log-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }

    func append(_ text: String, to name: String) throws {
        if !FileManager.default.fileExists(atPath: file(name)) {
            _ = FileManager.default.createFile(atPath: file(name), contents: nil)
        }
        let handle = try FileHandle(forWritingTo: URL(filePath: file(name)))
        defer { try? handle.close() }
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
    }

    func truncate(_ name: String, to size: UInt64 = 0) throws {
        let handle = try FileHandle(forWritingTo: URL(filePath: file(name)))
        try handle.truncate(atOffset: size)
        try handle.close()
    }

    func overwrite(_ name: String, at offset: UInt64, with text: String) throws {
        let handle = try FileHandle(forWritingTo: URL(filePath: file(name)))
        try handle.seek(toOffset: offset)
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: file(name)) }

    func size(_ name: String) throws -> UInt64 {
        try FileManager.default.attributesOfItem(atPath: file(name))[.size] as? UInt64 ?? 0
    }
}

/// A session as the server tells of it, line by line.
struct LoggedSession: Sendable {
    static let role = "staff_0000400a0123456789abcdef"
    static let prefix = "staff_0000400a"

    let session: String
    let user: String
    private(set) var number: Int64 = 1
    private(set) var statement: Int64 = 0

    init(_ session: String = "6b01fef2.166b", user: String = Self.role) {
        self.session = session
        self.user = user
    }

    mutating func line(
        _ message: String, severity: String = "LOG", context: String? = nil, state: String? = nil, text: String? = nil,
        backend: String = "client backend"
    ) -> String {
        number += 1
        func member(_ name: String, _ value: String?) -> String {
            value.map { "\"\(name)\":\"\($0.replacing("\"", with: "\\\""))\"," } ?? ""
        }
        return """
            {"timestamp":"2026-11-21 20:28:34.866 UTC","user":"\(user)","dbname":"zentriq","pid":5739,\
            "remote_host":"[local]","session_id":"\(session)","line_num":\(number),"ps":"idle",\
            "session_start":"2026-11-21 20:28:34 UTC","vxid":"3/34","txid":0,"error_severity":"\(severity)",\
            \(member("state_code", state))"message":"\(message.replacing("\"", with: "\\\""))",\
            \(member("context", context))\(member("statement", text))"application_name":"psql",\
            "backend_type":"\(backend)","query_id":0}

            """
    }

    mutating func opened() -> String {
        line("connection authenticated: identity=\"\(user)\" method=scram-sha-256 (pg_hba.conf:1)")
            + line("connection authorized: user=\(user) database=zentriq application_name=psql")
    }

    mutating func ran(_ text: String, object: String = "zentriq.heads") -> String {
        statement += 1
        return line("statement: \(text)")
            + line("AUDIT: SESSION,\(statement),1,READ,SELECT,TABLE,\(object),\"\(text)\",<none>")
            + line("duration: 1.250 ms")
    }

    mutating func closed() -> String { line("disconnection: session time: 0:00:01.000 user=\(user)") }

    /// Lines that somebody takes out of the log.
    mutating func skip(lines: Int64 = 0, statements: Int64 = 0) {
        number += lines
        statement += statements
    }
}

import Billing
import CanonicalJSON
import EventStore
import Foundation

/// Makes of the lines of the server's log what is recorded of them. A value without I/O: the same lines after the same state
/// give the same.
struct LogTracker: Sendable {
    /// Something to be recorded; texts are sealed later.
    enum Record: Sendable, Equatable {
        case opened(
            session: String, role: String, access: UUID?, process: Int64, at: EventTime, line: Int64, JSONObject)
        case closed(StaffSessionEnd)
        case statement(StaffStatement, JSONObject)
        case alert(StaffAlert)
    }

    /// What is needed to tell who is who.
    struct Surroundings: Sendable {
        /// What names of this database's roles of staff begin with.
        let prefix: String
        let superusers: Set<String>
        /// Of roles of staff: what they were made for, and when that was over.
        let accesses: [String: (id: UUID, endedAt: EventTime?)]
    }

    static let recorderRole = "zentriq_recorder"
    private static let maximumTextBytes = 256 << 10
    private static let maximumOthers = 4_096

    private(set) var state: RecorderState
    private(set) var records: [Record] = []
    /// Marks that came back.
    private(set) var marks: [UUID] = []
    /// Lines of nobody of the staff.
    private(set) var otherLines = 0
    private(set) var staffLines = 0
    /// The newest line of every other process; only for as long as this one runs.
    private(set) var others: [String: Int64]
    private let surroundings: Surroundings
    /// Of each session, where its newest statement stands among the records.
    private var newest: [String: Int] = [:]

    init(_ state: RecorderState, others: [String: Int64], _ surroundings: Surroundings) {
        self.state = state
        self.others = others
        self.surroundings = surroundings
    }

    /// Whether that is a role of this database's staff, or calls itself one.
    static func isStaff(_ user: String, prefix: String) -> Bool {
        guard user.hasPrefix("staff_") else { return false }
        let isOurs = user.wholeMatch(of: /staff_[0-9a-f]{24}/) != nil
        return !isOurs || user.hasPrefix(prefix)
    }

    mutating func take(_ line: ServerLogLine?, file: String, now: EventTime) {
        guard let line else {
            return alert(.unreadableLine, "in \(file)", at: now)
        }
        if let user = line.user, Self.isStaff(user, prefix: surroundings.prefix) {
            staffLines += 1
            takeStaff(line, role: user)
        } else {
            otherLines += 1
            takeOther(line)
        }
    }

    mutating func take(_ finding: LogChunk.Finding, file: String, now: EventTime) {
        switch finding {
        case .shrank: alert(.logShrank, file, at: now)
        case .changed: alert(.logChanged, file, at: now)
        case .torn(let bytes): alert(.unreadableLine, "the last \(bytes) bytes of \(file)", at: now)
        case .vanished:
            guard state.vanishedFile != file else { return }
            state.vanishedFile = file
            alert(.logVanished, file, at: now)
        }
    }

    // MARK: Others

    private mutating func takeOther(_ line: ServerLogLine) {
        if let known = others[line.session], line.number != known + 1, line.number > known {
            alert(
                .lineGap, "line \(line.number) of process \(line.process) follows \(known)", at: line.time,
                session: line.session)
        }
        if line.message.hasPrefix("disconnection: ") || line.severity == "FATAL" {
            others[line.session] = nil
        } else if others.count < Self.maximumOthers || others[line.session] != nil {
            others[line.session] = line.number
        }
        guard let user = line.user, line.context == nil || user == Self.recorderRole else { return }
        if user == Self.recorderRole, let mark = Self.mark(line.message) {
            marks.append(mark)
        } else if line.message.hasPrefix("connection authorized: "), surroundings.superusers.contains(user) {
            let from = line.remoteHost == "[local]" ? "the server's machine" : "the network"
            alert(
                .superuserLogin, "\(user) from \(from) to \(line.database ?? "-")", at: line.time, session: line.session
            )
        }
    }

    private static func mark(_ message: String) -> UUID? {
        let lead = "zentriq mark "
        return message.hasPrefix(lead) ? UUID(uuidString: String(message.dropFirst(lead.count))) : nil
    }

    // MARK: Staff

    private mutating func takeStaff(_ line: ServerLogLine, role: String) {
        // Processes that work for a session write lines of their own: few, and without an end.
        guard line.backend == "client backend" || line.backend == "not initialized" else {
            return message(line, of: nil, role: role)
        }
        let known = state.sessions[line.session]
        let last = known?.line ?? state.ended.last { $0.session == line.session }?.line
        if let last, line.number <= last { return }  // Read again.
        let access = known?.access ?? surroundings.accesses[role]?.id
        var session = known ?? RecorderState.Session(role: role, access: access, line: 1)
        // The first line is from before the server knows who it is.
        if line.number != session.line + 1, known != nil || line.number != 3 {
            alert(
                .lineGap, "line \(line.number) follows \(known?.line ?? 0)", at: line.time, session: line.session,
                access: access)
        }
        session.line = line.number
        state.sessions[line.session] = session
        switch line.message {
        case let text where text.hasPrefix("connection authenticated: ") && !session.isOpen: break
        case let text where text.hasPrefix("connection authorized: ") && !session.isOpen: open(line, role, access)
        case let text where text.hasPrefix("disconnection: ") && line.context == nil:
            close(line.session, .disconnected, at: line.time)
        default: takeBody(line, role: role)
        }
    }

    private mutating func takeBody(_ line: ServerLogLine, role: String) {
        if state.sessions[line.session]?.isOpen == false {
            // Refused at the door, or its beginning was not read.
            if line.severity == "FATAL" {
                message(line, of: line.session, role: role)
                return state.end(line.session, line: line.number)
            }
            open(line, role, state.sessions[line.session]?.access)
        }
        if let entry = AuditEntry(line) {
            audit(entry, line)
        } else if line.severity == "LOG", line.context == nil, let microseconds = Self.duration(line.message) {
            finish(line, microseconds)
        } else if line.severity == "LOG", line.context == nil, Self.isRepeated(line.message) {
            // pgAudit tells the same, or an error with the statement follows.
        } else {
            if line.severity == "FATAL" { state.sessions[line.session]?.isFatal = true }
            message(line, of: line.session, role: role)
        }
    }

    private mutating func open(_ line: ServerLogLine, _ role: String, _ access: UUID?) {
        state.sessions[line.session]?.isOpen = true
        var text = JSONObject()
        text["application"] = line.application.map(JSONValue.string)
        text["database"] = line.database.map(JSONValue.string)
        text["from"] = line.remoteHost.map(JSONValue.string)
        text["message"] = .string(line.message)
        records.append(
            .opened(
                session: line.session, role: role, access: access, process: line.process, at: line.time,
                line: line.number,
                text))
        let granted = surroundings.accesses[role]
        if granted == nil || granted?.endedAt.map({ $0 < line.time }) == true {
            alert(.sessionWithoutGrant, role, at: line.time, session: line.session, access: access)
        }
    }

    mutating func close(_ session: String, _ reason: StaffSessionEnd.Reason, at time: EventTime) {
        guard let known = state.sessions[session] else { return }
        if known.isOpen {
            records.append(
                .closed(
                    StaffSessionEnd(
                        session: session, access: known.access, reason: reason, statements: known.statements, at: time))
            )
        }
        state.end(session, line: known.line)
    }

    private mutating func audit(_ entry: AuditEntry, _ line: ServerLogLine) {
        guard var session = state.sessions[line.session] else { return }
        if entry.number > session.statement + 1 {
            alert(
                .statementGap, "statement \(entry.number) follows \(session.statement)", at: line.time,
                session: line.session, access: session.access)
        }
        if entry.number > session.statement { session.statements += 1 }
        session.statement = max(session.statement, entry.number)
        state.sessions[line.session] = session
        // A name that somebody makes up can be anything; one of ours says nothing about anybody.
        let isPlain = entry.object.wholeMatch(of: /[a-z0-9_.]{1,127}/) != nil
        // A line for each table that a statement looks into.
        if isPlain, let index = newest[line.session], case .statement(let statement, let text) = records[index],
            statement.number == entry.number, statement.part == entry.part
        {
            records[index] = .statement(statement.touching(entry.object), text)
            return
        }
        var text: JSONObject = ["text": .string(Self.cut(entry.text))]
        if entry.parameters != "<none>" { text["parameters"] = .string(Self.cut(entry.parameters)) }
        func some(_ text: String) -> String? { text.isEmpty ? nil : text }
        if !isPlain, let name = some(entry.object) { text["object"] = .string(name) }
        newest[line.session] = records.count
        records.append(
            .statement(
                StaffStatement(
                    session: line.session, access: session.access, line: line.number, at: line.time, kind: .audit,
                    number: entry.number, part: entry.part, action: some(entry.action), command: some(entry.command),
                    objectType: some(entry.objectType), objects: isPlain ? [entry.object] : []), text))
    }

    /// Everything else that was written about a session: nothing is left out.
    private mutating func message(_ line: ServerLogLine, of session: String?, role: String) {
        let access = session.flatMap { state.sessions[$0]?.access } ?? surroundings.accesses[role]?.id
        let isCall = line.context == nil && line.message.hasPrefix("fastpath function call: ")
        let isError = ["ERROR", "FATAL", "PANIC"].contains(line.severity)
        var text: JSONObject = ["message": .string(Self.cut(line.message))]
        text["detail"] = line.detail.map { .string(Self.cut($0)) }
        text["text"] = line.statement.map { .string(Self.cut($0)) }
        if isCall, let session { state.sessions[session]?.statements += 1 }
        records.append(
            .statement(
                StaffStatement(
                    session: line.session, access: access, line: line.number, at: line.time,
                    kind: isCall ? .call : isError ? .error : .message, command: isCall ? "CALL" : nil,
                    sqlState: line.sqlState?.wholeMatch(of: /[0-9A-Z]{5}/).map { String($0.output) }), text))
    }

    /// Of the statement before, which may be long in the log.
    private mutating func finish(_ line: ServerLogLine, _ microseconds: Int64) {
        if let index = newest[line.session], case .statement(let statement, let text) = records[index] {
            records[index] = .statement(statement.finished(after: microseconds), text)
        } else if let session = state.sessions[line.session], session.statement > 0, microseconds >= 1_000 {
            records.append(
                .statement(
                    StaffStatement(
                        session: line.session, access: session.access, line: line.number, at: line.time,
                        kind: .finished,
                        number: session.statement, microseconds: microseconds), [:]))
        }
    }

    mutating func alert(
        _ kind: StaffAlert.Kind, _ what: String, at time: EventTime, session: String? = nil, access: UUID? = nil
    ) {
        records.append(.alert(StaffAlert(kind, what, at: time, session: session, access: access)))
    }

    mutating func change(_ change: (inout RecorderState) -> Void) { change(&state) }

    private static func isRepeated(_ message: String) -> Bool {
        message.hasPrefix("statement: ") || message.hasPrefix("execute ")
    }

    /// Of `duration: 0.412 ms`.
    private static func duration(_ message: String) -> Int64? {
        guard let match = message.wholeMatch(of: /duration: ([0-9]{1,12})\.([0-9]{3}) ms/) else { return nil }
        return Int64(match.1 + match.2)
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > maximumTextBytes else { return text }
        return String(decoding: text.utf8.prefix(maximumTextBytes), as: UTF8.self) + " … (\(text.utf8.count) bytes)"
    }
}

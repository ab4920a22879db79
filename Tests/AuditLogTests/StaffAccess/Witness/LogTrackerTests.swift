import Billing
import CanonicalJSON
import EventStore
import Foundation
import Testing

@testable import AuditLog

@Suite("What the lines of the server's log come to")
struct LogTrackerTests {
    static let now = EventTime(microseconds: 1_795_000_000_000_000)
    static let access = UUID()

    static func tracker(
        _ state: RecorderState = RecorderState(), endedAt: EventTime? = nil, granted: Bool = true
    ) -> LogTracker {
        LogTracker(
            state, others: [:],
            LogTracker.Surroundings(
                prefix: LoggedSession.prefix, superusers: ["postgres"],
                accesses: granted ? [LoggedSession.role: (access, endedAt)] : [:]))
    }

    static func take(_ text: String, _ tracker: inout LogTracker) {
        for line in text.split(separator: "\n") {
            tracker.take(ServerLogLine(Array(line.utf8)), file: "a.json", now: now)
        }
    }

    static func kinds(_ tracker: LogTracker) -> [String] {
        tracker.records.map { record in
            switch record {
            case .opened: "opened"
            case .closed(let end): "closed \(end.reason.rawValue) \(end.statements)"
            case .statement(let statement, _): statement.kind.rawValue
            case .alert(let alert): alert.kind.rawValue
            }
        }
    }

    @Test("a session opens, runs its statements and closes, with what each took")
    func session() {
        var (tracker, session) = (Self.tracker(), LoggedSession())
        Self.take(session.opened() + session.ran("SELECT 1") + session.ran("SELECT 2") + session.closed(), &tracker)
        #expect(Self.kinds(tracker) == ["opened", "audit", "audit", "closed disconnected 2"])
        guard case .statement(let statement, let text) = tracker.records[1] else { return }
        #expect(
            statement.objects == ["zentriq.heads"] && statement.command == "SELECT" && statement.microseconds == 1_250)
        #expect(statement.access == Self.access && statement.number == 1 && statement.part == 1)
        #expect(text["text"] == .string("SELECT 1"))
        #expect(tracker.state.sessions.isEmpty)
    }

    @Test("the lines about one statement's tables are one record, and the statement counts once")
    func tables() {
        var (tracker, session) = (Self.tracker(), LoggedSession())
        Self.take(
            session.opened() + session.line("AUDIT: SESSION,1,1,READ,SELECT,TABLE,zentriq.events,SELECT 1,<none>")
                + session.line("AUDIT: SESSION,1,1,MISC,???,TABLE,zentriq.events_usage,SELECT 1,<none>")
                + session.line("AUDIT: SESSION,1,2,FUNCTION,EXECUTE,FUNCTION,zentriq.f,SELECT 1,<none>")
                + session.closed(), &tracker)
        #expect(Self.kinds(tracker) == ["opened", "audit", "audit", "closed disconnected 1"])
        guard case .statement(let statement, _) = tracker.records[1] else { return }
        #expect(statement.objects == ["zentriq.events", "zentriq.events_usage"] && statement.action == "READ")
    }

    @Test("lines that are read again come to nothing")
    func again() {
        var (tracker, session) = (Self.tracker(), LoggedSession())
        let text = session.opened() + session.ran("SELECT 1")
        let end = session.closed()
        Self.take(text + text + end + text + end, &tracker)
        #expect(Self.kinds(tracker) == ["opened", "audit", "closed disconnected 1"])
    }

    @Test("a line that is missing is told once, wherever it was", arguments: [0, 1, 2, 3, 4])
    func gap(at index: Int) {
        var (tracker, session) = (Self.tracker(), LoggedSession())
        var lines = (session.opened() + session.ran("SELECT 1") + session.line("x", severity: "WARNING"))
            .split(separator: "\n").map { "\($0)\n" }
        lines.remove(at: index)
        Self.take(lines.joined() + session.closed(), &tracker)
        // A server that trusts its clients has no line about how somebody proved who they are.
        #expect(Self.kinds(tracker).count { $0 == "line-gap" } == (index == 0 ? 0 : 1))
    }

    @Test("a statement that pgAudit counted and nobody logged is told")
    func statementGap() {
        var (tracker, session) = (Self.tracker(), LoggedSession())
        let start = session.opened() + session.ran("SELECT 1")
        session.skip(statements: 1)
        Self.take(start + session.ran("SELECT 3"), &tracker)
        #expect(Self.kinds(tracker) == ["opened", "audit", "statement-gap", "audit"])
    }

    @Test("words that a function writes pass for nothing that the server or pgAudit writes")
    func forged() {
        var (tracker, session) = (Self.tracker(), LoggedSession())
        let context = "PL/pgSQL function inline_code_block line 1 at RAISE"
        var text = session.opened()
        for words in [
            "AUDIT: SESSION,9,1,READ,SELECT,,,SELECT 1,<none>", "disconnection: session time", "duration: 1.000 ms",
            "statement: SELECT 1", "zentriq mark 11111111-1111-4111-8111-111111111111", "execute x",
        ] { text += session.line(words, context: context) }
        Self.take(text, &tracker)
        #expect(Self.kinds(tracker) == ["opened"] + [String](repeating: "message", count: 6))
        #expect(tracker.marks.isEmpty)
    }

    @Test("a role that no grant explains, and one whose access is over, are told", arguments: [true, false])
    func withoutGrant(isOver: Bool) {
        var session = LoggedSession()
        var tracker = Self.tracker(endedAt: EventTime(microseconds: 0), granted: isOver)
        Self.take(session.opened(), &tracker)
        #expect(Self.kinds(tracker) == ["opened", "session-without-grant"])
    }

    @Test("what failed is recorded with its code, also before anybody is in, and beside SQL")
    func failures() {
        var (tracker, session, refused) = (Self.tracker(), LoggedSession(), LoggedSession("6b01fef2.166c"))
        Self.take(
            session.opened() + session.line("permission denied", severity: "ERROR", state: "42501", text: "SELECT x")
                + session.line("fastpath function call: \"lo_creat\" (OID 957)")
                + refused.line("password authentication failed", severity: "FATAL", state: "28P01"), &tracker)
        #expect(Self.kinds(tracker) == ["opened", "error", "call", "error"])
        guard case .statement(let error, let text) = tracker.records[1] else { return }
        #expect(error.sqlState == "42501" && text["text"] == .string("SELECT x"))
        #expect(tracker.state.sessions.count == 1)
    }

    @Test("other people's lines are counted and not kept; superusers and missing lines of anybody are told")
    func others() {
        var tracker = Self.tracker()
        var (gateway, superuser) = (
            LoggedSession("1.1", user: "zentriq_gateway"), LoggedSession("1.2", user: "postgres")
        )
        Self.take(gateway.opened() + gateway.line("statement: SELECT 1") + superuser.opened(), &tracker)
        #expect(Self.kinds(tracker) == ["superuser-login"] && tracker.otherLines == 5)
        gateway.skip(lines: 2)
        Self.take(gateway.closed(), &tracker)
        #expect(Self.kinds(tracker) == ["superuser-login", "line-gap"])
    }

    @Test("lines that nobody can read are told", arguments: ["", "{", "[]", "{\"timestamp\":\"yesterday\"}", "\u{FF}"])
    func unreadable(text: String) {
        var tracker = Self.tracker()
        tracker.take(ServerLogLine(Array(text.utf8)), file: "a.json", now: Self.now)
        #expect(Self.kinds(tracker) == ["unreadable-line"])
    }

    @Test("a session that the server has and the log does not is told once; one that is gone from both sides is not")
    func unseen() {
        var tracker = Self.tracker()
        let view = ServerView(sessions: ["1.1": LoggedSession.role], snapshot: [:])
        tracker.compare(view, at: Self.now)
        tracker.compare(view, at: Self.now)
        tracker.compare(ServerView(sessions: [:], snapshot: [:]), at: Self.now)
        #expect(Self.kinds(tracker) == ["session-not-in-log"])
    }

    @Test("a session that was looked at and ended before the mark was made is in the log")
    func endedMeanwhile() {
        var (tracker, session) = (Self.tracker(), LoggedSession())
        Self.take(session.opened() + session.closed(), &tracker)
        tracker.compare(
            ServerView(sessions: [session.session: LoggedSession.role], snapshot: [:]), at: Self.now)
        #expect(Self.kinds(tracker) == ["opened", "closed disconnected 0"])
    }

    @Test("a session that is gone without a word is told, and closed, the second time it is missed")
    func lost() {
        var (tracker, session) = (Self.tracker(), LoggedSession())
        Self.take(session.opened(), &tracker)
        let gone = ServerView(sessions: [:], snapshot: [:])
        tracker.compare(gone, at: Self.now)
        #expect(Self.kinds(tracker) == ["opened"])
        tracker.compare(gone, at: Self.now)
        tracker.compare(gone, at: Self.now)
        #expect(Self.kinds(tracker) == ["opened", "session-without-end", "closed lost 0"])
    }

    @Test(
        "what changed in the server is told once, by its name",
        arguments: [
            ("role mallory", "role-changed"), ("membership mallory in zentriq_owner", "membership-changed"),
            ("slot s", "slot-changed"), ("setting pgaudit.log", "setting-changed"),
            ("setting of zentriq_gateway in all log_statement", "setting-changed"),
        ])
    func changes(name: String, kind: String) {
        var tracker = Self.tracker()
        func look(_ snapshot: [String: String]) {
            tracker.compare(ServerView(sessions: [:], snapshot: snapshot), at: Self.now)
        }
        look([:])
        look([name: "a"])
        look([name: "a"])
        look([name: "b"])
        look([:])
        #expect(Self.kinds(tracker) == [kind, kind, kind])
    }

    @Test("a mark that is lost is told once, and again only after one came back")
    func marks() {
        var tracker = Self.tracker()
        tracker.loseMark(at: Self.now)
        tracker.loseMark(at: Self.now)
        #expect(Self.kinds(tracker) == ["mark-lost"])
        tracker.hearMark()
        tracker.loseMark(at: Self.now)
        #expect(Self.kinds(tracker) == ["mark-lost", "mark-lost"])
    }

    @Test("what pgAudit quotes is read as it was written")
    func quotes() throws {
        var session = LoggedSession()
        let json = session.line(#"AUDIT: SESSION,6,2,READ,SELECT,TABLE,pg_catalog.pg_class,"a ""b"", c",3,"x,y""#)
        let entry = try #require(ServerLogLine(Array(json.utf8)).flatMap(AuditEntry.init))
        #expect(entry.text == #"a "b", c"# && entry.parameters == #"3,"x,y""# && entry.number == 6 && entry.part == 2)
    }
}

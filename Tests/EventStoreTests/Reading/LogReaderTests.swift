import Foundation
import Postgres
import PostgresTesting
import Testing
import TransparencyLog

@testable import EventStore

@Suite("Log reader", .serialized, .timeLimit(.minutes(10)))
struct LogReaderTests {
    private let tenant = TenantID.random()

    private static func versions(_ events: [RecordedEvent]) -> [Int64] { events.map(\.version.rawValue) }

    @Test("a stream's events come page by page, forward and backward, with the gateway's role")
    func stream() async throws {
        let log = try await TestLog.make()
        try await log.withSequencer { sequencer in
            for name in ["a", "b", "a"] { _ = try await sequencer.submit(.add(to: name, of: tenant, events: 5)) }
        }
        let key = StreamKey(tenant, StreamID(counter: "a"))
        try await log.withReader(.gateway) { reader in
            #expect(Self.versions(try await reader.stream(key)) == Array(1...10))
            #expect(Self.versions(try await reader.stream(key, direction: .backward)) == (1...10).reversed())
            #expect(Self.versions(try await reader.stream(key, limit: 3)) == [1, 2, 3])
            #expect(Self.versions(try await reader.stream(key, from: StreamVersion(4), limit: 3)) == [4, 5, 6])
            #expect(
                Self.versions(try await reader.stream(key, from: StreamVersion(4), direction: .backward, limit: 3))
                    == [4, 3, 2])
            #expect(Self.versions(try await reader.stream(key, from: StreamVersion(10), limit: 3)) == [10])
            #expect(try await reader.stream(key, from: StreamVersion(11)).isEmpty)
            #expect(try await reader.stream(key, from: StreamVersion.none, direction: .backward).isEmpty)
            #expect(try await reader.stream(key, limit: 0).isEmpty)
            #expect(try await reader.stream(key, limit: -1).isEmpty)
            #expect(try await reader.stream(key, limit: .max).count == 10)
            #expect(try await reader.stream(StreamKey(tenant, StreamID(counter: "none"))).isEmpty)
            #expect(Self.versions(try await reader.stream(key, of: .usage, limit: 3)) == [1, 2, 3])
            #expect(
                Self.versions(try await reader.stream(key, of: .usage, direction: .backward, limit: 2)) == [10, 9])
            #expect(try await reader.stream(key, of: .billing).isEmpty)
            let events = try await reader.stream(key)
            #expect(events.map(\.position.rawValue) == Array(0...4) + Array(10...14))
            #expect(
                events.allSatisfy { $0.stream == key && $0.computedCommitment(origin: log.origin) == $0.commitment })
        }
    }

    @Test("events come by position, from any one on, and by category")
    func byPosition() async throws {
        let log = try await TestLog.make()
        let note = try #require(StreamID("note"))
        let otherNote = try #require(StreamID("note-b"))
        let lookalike = try #require(StreamID("notebook-a"))
        let notebook = EventType("notebook.written", retention: .system, category: "notebook")
        let tenants = [tenant, .random(), .random()]
        try await log.withSequencer { sequencer in
            for tenant in tenants {
                _ = try await sequencer.submit(.add(of: tenant))
                _ = try await sequencer.submit(
                    .custom(of: tenant, streams: [note, otherNote, lookalike]) { draft in
                        draft.append(NewEvent(.noted, data: Array("{}".utf8)), to: note)
                        draft.append(NewEvent(.noted, data: Array("{}".utf8)), to: otherNote)
                        draft.append(NewEvent(notebook, data: Array("{}".utf8)), to: lookalike)
                        return []
                    })
            }
        }
        try await log.withReader { reader in
            let all = try await reader.all(from: LogPosition(0))
            #expect(all.map(\.position.rawValue) == Array(0..<12))
            #expect(try await reader.all(from: LogPosition(5), limit: 2).map(\.position.rawValue) == [5, 6])
            #expect(try await reader.all(from: LogPosition(12)).isEmpty)
            let since = all[6].recordedAt
            #expect(try await reader.all(from: LogPosition(6), since: since).map(\.position.rawValue) == Array(6..<12))
            let notes = try await reader.all(from: LogPosition(0), category: "note")
            #expect(notes.map(\.stream.stream.name) == ["note", "note-b", "note", "note-b", "note", "note-b"])
            #expect(try await reader.all(from: LogPosition(2), category: "counter").map(\.position.rawValue) == [4, 8])
            #expect(try await reader.all(from: LogPosition(0), category: "counte").isEmpty)
        }
    }

    @Test("another tenant's events, heads and outcomes are not there, nor another log's")
    func otherTenants() async throws {
        let (log, otherLog) = (try await TestLog.make(), try await TestLog.make())
        for log in [log, otherLog] {
            try await log.withSequencer { _ = try await $0.submit(.add(2, of: tenant, key: "k")) }
        }
        let key = StreamKey(tenant, StreamID(counter: "a"))
        let strange = StreamKey(.random(), key.stream)
        let hash = UniqueKey("k").hash
        try await log.withReader(.gateway) { reader in
            #expect(try await reader.event(at: LogPosition(0), tenant: tenant, of: .usage)?.stream == key)
            #expect(try await reader.event(at: LogPosition(0), tenant: strange.tenant, of: .usage) == nil)
            #expect(try await reader.event(at: LogPosition(1), tenant: tenant, of: .usage) == nil)
            #expect(try await reader.event(at: LogPosition(0), tenant: tenant, of: .billing) == nil)
            #expect(try await reader.stream(key).count == 1)
            #expect(try await reader.stream(strange).isEmpty)
            let head = try #require(try await reader.head(of: key, as: Counter.self))
            #expect(head.version.rawValue == 1 && head.position.rawValue == 0 && head.state.value == 2)
            let strangeHead = try await reader.head(of: strange, as: Counter.self)
            #expect(strangeHead == nil)
            let outcome = try #require(try await reader.outcome(of: OutcomeKey(tenant, hash)))
            #expect(outcome.response == Array(#"{"value":"2"}"#.utf8))
            #expect(outcome.fingerprint == UniqueKey("k").fingerprint)
            #expect(try await reader.outcome(of: OutcomeKey(strange.tenant, hash)) == nil)
            // Without a tenant the gateway's role sees nothing.
            #expect(try await reader.all(from: LogPosition(0)).isEmpty)
        }
    }

    @Test("the head is that of the last commit; a log that there is not has none")
    func head() async throws {
        let log = try await TestLog.make()
        let empty = try await log.withReader(.gateway) { try await $0.head() }
        #expect(empty.nextPosition == LogPosition(0))
        try await log.withSequencer { _ = try await $0.submit(.add(of: tenant, events: 3)) }
        try await log.withReader(.projector) { reader in
            let head = try await reader.head()
            #expect(head.nextPosition == LogPosition(3))
            #expect(head.tree.root() == head.root)
            let nowhere = LogReader(log: LogID(-1), origin: "", pool: reader.pool)
            await #expect(throws: LogError.corrupt("log -1 does not exist")) { try await nowhere.head() }
        }
    }

    @Test("streams in which time makes something due are found, the longest overdue first")
    func dueStreams() async throws {
        let log = try await TestLog.make()
        func time(_ second: Int64) -> EventTime { EventTime(microseconds: second * 1_000_000) }
        try await log.withSequencer { sequencer in
            for (name, second) in [("c", 30), ("a", 10), ("b", 20)] as [(String, Int64)] {
                _ = try await sequencer.submit(.add(to: name, of: tenant, dueAt: time(second)))
            }
            _ = try await sequencer.submit(.add(to: "never", of: tenant))
            _ = try await sequencer.submit(.add(to: "b", of: tenant, dueAt: time(25)))
            _ = try await sequencer.submit(.add(to: "settled", of: tenant, dueAt: time(5)))
            _ = try await sequencer.submit(.add(to: "settled", of: tenant))
        }
        try await log.withReader(.gateway) { reader in
            func due(_ second: Int64, limit: Int = 10) async throws -> [String] {
                try await reader.dueStreams(at: time(second), limit: limit).map(\.stream.name)
            }
            let found = [
                try await due(9), try await due(10), try await due(24), try await due(100),
                try await due(100, limit: 2),
            ]
            #expect(
                found == [
                    [], ["counter-a"], ["counter-a"], ["counter-a", "counter-b", "counter-c"],
                    ["counter-a", "counter-b"],
                ])
        }
    }

    @Test("a row that was changed behind the log's back no longer fits its leaf")
    func tampered() async throws {
        let log = try await TestLog.make()
        try await log.withSequencer { _ = try await $0.submit(.add(of: tenant, events: 2)) }
        try await log.tamper(
            "UPDATE zentriq.events SET data = '{\"amount\":\"1000\"}' WHERE log_id = $1 AND position = 1")
        let events = try await log.events()
        #expect(events.map { $0.computedCommitment(origin: log.origin) == $0.commitment } == [true, false])
    }
}

extension TestLog {
    /// What only a superuser can do, who is outside of what the database itself can protect.
    func tamper(_ sql: String) async throws {
        try await use(.superuser) { superuser in
            try await superuser.script("SET session_replication_role = replica")
            try await superuser.query(Statement(sql), [.int4(log.rawValue)])
        }
    }
}

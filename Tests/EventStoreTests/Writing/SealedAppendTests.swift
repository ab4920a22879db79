import Foundation
import Postgres
import PostgresTesting
import Sealing
import Testing
import TransparencyLog

@testable import EventStore

@Suite("Appending sealed events", .serialized, .timeLimit(.minutes(10)))
struct SealedAppendTests {
    private static let keks = KeyEncryptionKeys(KeyEncryptionKey(randomWithVersion: 1))
    private static let noted = EventType("counter.noted", retention: .capture, category: "counter", isSealed: true)
    private static let stream = StreamID(counter: "notes")
    private static let secret = #"{"note":"www.secret.example"}"#

    private let tenant = TenantID.random()

    /// A key of a person of the tenant, in the database as the directory puts it there.
    private func key(in log: TestLog) async throws -> SubjectKey {
        let (key, wrapped) = try await SubjectKey.make(
            log: log.origin, tenant: tenant.rawValue, subject: UUID(), wrappedBy: Self.keks)
        try await log.use(.gateway) { connection in
            try await connection.begin()
            try await connection.query(
                "SELECT set_config('zentriq.tenant_id', $1, true)", [.text(tenant.rawValue.lowercaseText)])
            try await connection.query(
                """
                INSERT INTO zentriq.subject_keys (log_id, key_id, tenant_id, subject, kek_version, wrapped)
                VALUES ($1, $2, $3, $4, $5, $6)
                """,
                [
                    .int4(log.log.rawValue), .uuid(key.id), .uuid(key.tenant), .uuid(key.subject),
                    .int4(wrapped.version), .bytea(wrapped.bytes),
                ])
            try await connection.commit()
        }
        return key
    }

    private func note(
        _ key: SubjectKey?, actor: ActorHandle? = nil, count: Int = 1, outcome: String? = nil
    ) -> Command<Counter> {
        Command(
            tenant: tenant, actor: actor ?? key?.handle, request: nil, key: outcome.map { UniqueKey($0) }, sealing: key,
            streams: [Self.stream]
        ) { draft in
            for _ in 0..<count { draft.append(NewEvent(Self.noted, data: Array(Self.secret.utf8)), to: Self.stream) }
            return Array("{}".utf8)
        }
    }

    private func destroy(_ key: SubjectKey, in log: TestLog) async throws {
        try await log.use(.owner) { connection in
            _ = try await connection.query(
                "SELECT zentriq.forget_subject($1, $2, $3)",
                [.int4(log.log.rawValue), .uuid(key.tenant), .uuid(key.subject)])
        }
    }

    private func readers(of log: TestLog, _ body: (_ keyed: LogReader, _ keyless: LogReader) async throws -> Void)
        async throws
    {
        try await log.withReader { reader in
            try await body(
                LogReader(
                    log: log.log, origin: log.origin, pool: reader.pool,
                    keys: SubjectKeys(origin: log.origin, keys: Self.keks)), reader)
        }
    }

    @Test("whoever has the keys reads what was appended, and it is what its entry commits to; nobody else does")
    func roundTrip() async throws {
        let log = try await TestLog.make()
        let key = try await key(in: log)
        let sequencer = try log.sequencer()
        try await log.running([sequencer]) {
            _ = try await sequencer.submit(note(key, count: 3))
            _ = try await sequencer.submit(.add(of: tenant))
        }
        try await readers(of: log) { keyed, keyless in
            let opened = try await keyed.all(from: LogPosition(0))
            #expect(opened.count == 4)
            for event in opened.prefix(3) {
                #expect(event.closed == nil)
                #expect(event.data == Array(Self.secret.utf8))
                #expect(event.computedCommitment(origin: log.origin) == event.commitment)
            }
            #expect(Set(opened.prefix(3).map(\.seal?.envelope)).count == 3)
            #expect(opened[3].seal == nil)
            let closed = try await keyless.all(from: LogPosition(0))
            #expect(closed.map(\.closed) == [.noKeys, .noKeys, .noKeys, nil])
            #expect(closed.prefix(3).allSatisfy { $0.salt.isEmpty && $0.data.isEmpty })
            #expect(
                try await keyed.events(matching: EventFilter(actor: key.handle), in: LogPosition(0)..<LogPosition(9))
                    .count == 3)
        }
        #expect(try await !log.contents().contains("secret"))
    }

    @Test("an event of a sealed type without its actor's key is refused alone, before anything is written")
    func notSealable() async throws {
        let log = try await TestLog.make()
        let key = try await key(in: log)
        let other = try await SubjectKey.make(
            log: log.origin, tenant: UUID(), subject: key.subject, wrappedBy: Self.keks
        ).key
        let elsewhere = try await SubjectKey.make(
            log: "other", tenant: key.tenant, subject: key.subject, wrappedBy: Self.keks
        ).key
        let sequencer = try log.sequencer()
        try await log.running([sequencer]) {
            for command in [
                note(nil), note(nil, actor: key.handle), note(key, actor: ActorHandle(UUID())), note(other),
                note(elsewhere),
            ] {
                await #expect(throws: LogError.notSealable) { try await sequencer.submit(command) }
            }
            _ = try await sequencer.submit(.add(of: tenant))
        }
        #expect(try await log.events().map(\.type) == ["counter.added"])
    }

    @Test("nothing is sealed under a key that was destroyed, or is nobody's; who comes with it fails alone")
    func destroyedKey() async throws {
        let log = try await TestLog.make()
        let (gone, good) = (try await key(in: log), try await key(in: log))
        let unknown = try await SubjectKey.make(
            log: log.origin, tenant: tenant.rawValue, subject: UUID(), wrappedBy: Self.keks
        ).key
        try await destroy(gone, in: log)
        let sequencer = try log.sequencer()
        try await log.running([sequencer]) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for key in [gone, unknown] {
                    group.addTask {
                        await #expect(throws: LogError.unavailable) { try await sequencer.submit(note(key)) }
                    }
                }
                for _ in 0..<5 {
                    group.addTask { _ = try await sequencer.submit(note(good)) }
                }
                try await group.waitForAll()
            }
        }
        #expect(try await log.events().map(\.actor) == [ActorHandle?](repeating: good.handle, count: 5))
        try await readers(of: log) { keyed, _ in
            let events = try await keyed.all(from: LogPosition(0))
            #expect(events.allSatisfy { $0.closed == nil })
        }
    }

    @Test("a key is destroyed between two appends: the first is closed for ever, the second is never written")
    func destroyedBetween() async throws {
        let log = try await TestLog.make()
        let key = try await key(in: log)
        let database = try await log.database()
        let first = try await log.planned([note(key)], on: database)
        #expect(try await database.append(first.batch, committing: false) == .appended)
        // Decided and sealed before, sent after.
        let second = try await log.planned([note(key)], on: database)
        try await destroy(key, in: log)
        await expectRefused("23503") { _ = try await database.append(second.batch, committing: false) }
        await database.connection.close()
        try await readers(of: log) { keyed, keyless in
            let (closed, unknown) = (
                try await keyed.all(from: LogPosition(0)), try await keyless.all(from: LogPosition(0))
            )
            #expect(closed.map(\.closed) == [.destroyed])
            #expect(unknown.map(\.closed) == [.noKeys])
        }
    }

    @Test("the database takes no row that is neither plain nor sealed, nor one under somebody else's key")
    func malformed() async throws {
        let log = try await TestLog.make()
        let (key, other) = (try await key(in: log), try await key(in: log))
        let database = try await log.database()
        let before = try await log.contents()
        let good = try await log.planned([note(key), .add(of: tenant)], on: database).batch
        let envelope = good.events.saltLengths[0]
        let changes: [(String, (inout AppendBatch) -> Void)] = [
            ("22023", { $0.events.keys[0] = nil }), ("22023", { $0.events.keys[1] = key.id }),
            ("22023", { $0.events.salts[0] = 2 }),
            (
                "22023",
                {
                    $0.events.data.insert(contentsOf: Array("{}".utf8), at: 0)
                    $0.events.dataLengths[0] = 2
                }
            ),
            (
                "22023",
                {
                    $0.events.salts.removeLast()
                    $0.events.saltLengths[1] = 31
                }
            ),
            (
                "22023",
                {
                    $0.events.salts.removeSubrange(94..<envelope)
                    $0.events.saltLengths[0] = 94
                }
            ),
            ("22023", { $0.events.keys.removeLast() }),
            ("23503", { $0.events.keys[0] = other.id }), ("23503", { $0.events.keys[0] = UUID() }),
            ("23503", { $0.events.actors[0] = nil }), ("23503", { $0.events.tenants[0] = UUID() }),
        ]
        for (index, (state, change)) in changes.enumerated() {
            var batch = good
            change(&batch)
            await expectRefused(state) {
                let answer = try await database.append(batch, committing: false)
                Issue.record("\(index): \(answer)")
            }
        }
        #expect(try await log.contents() == before)
        #expect(try await database.append(good, committing: false) == .appended)
        await database.connection.close()
    }

    @Test("a retry of what was sealed gets the stored answer, from any process, and appends nothing")
    func retry() async throws {
        let log = try await TestLog.make()
        let key = try await key(in: log)
        for round in 0..<2 {
            let sequencer = try log.sequencer()
            try await log.running([sequencer]) {
                let answer = try await sequencer.submit(note(key, outcome: "once"))
                #expect(answer.isReplay == (round > 0))
            }
        }
        #expect(try await log.events().count == 1)
    }

    @Test("the keys of another tenant are not seen by the gateway, and what they seal stays closed")
    func otherTenant() async throws {
        let log = try await TestLog.make()
        let key = try await key(in: log)
        let sequencer = try log.sequencer()
        try await log.running([sequencer]) { _ = try await sequencer.submit(note(key)) }
        try await log.withReader(.gateway) { reader in
            let keyed = LogReader(
                log: log.log, origin: log.origin, pool: reader.pool,
                keys: SubjectKeys(origin: log.origin, keys: Self.keks))
            let own = try await keyed.event(at: LogPosition(0), tenant: tenant)
            #expect(own?.closed == nil && own?.data == Array(Self.secret.utf8))
            #expect(try await keyed.event(at: LogPosition(0), tenant: .random()) == nil)
        }
    }
}

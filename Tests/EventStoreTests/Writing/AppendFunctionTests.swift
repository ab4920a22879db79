import Foundation
import Postgres
import PostgresTesting
import Testing
import TransparencyLog

@testable import EventStore

@Suite("The append function", .serialized, .timeLimit(.minutes(10)))
struct AppendFunctionTests {
    private let tenant = TenantID.random()

    @Test("appends events, stream heads, outcomes and the new head")
    func appended() async throws {
        let log = try await TestLog.make()
        let database = try await log.database()
        let actor = ActorHandle(UUID())
        let plan = try await log.planned(
            [.add(2, of: tenant, key: "k", claim: "c", events: 2, actor: actor), .add(to: "b", of: tenant)],
            on: database)
        #expect(try await database.append(plan.batch, committing: false) == .appended)
        let head = try await database.readHead()
        #expect(head.tree == plan.batch.next.tree)
        #expect(head.root == plan.batch.next.root)
        #expect(head.recordedAt == plan.batch.next.recordedAt)
        let events = try await log.expectSound()
        #expect(events.map(\.version.rawValue) == [1, 2, 1])
        #expect(events.map(\.actor) == [actor, actor, nil])
        #expect(events.allSatisfy { $0.recordedAt == head.recordedAt && $0.type == "counter.added" })
        let keys = [UniqueKey("k"), UniqueKey("claim c")].map { OutcomeKey(tenant, $0.hash) }
        let outcomes = try await database.load(keys + [OutcomeKey(.random(), keys[0].hash)]).outcomes
        #expect(outcomes.map(\.0) == keys)
        #expect(outcomes.allSatisfy { $0.1.position.rawValue == 0 && $0.1.response == Array(#"{"value":"4"}"#.utf8) })
        await database.connection.close()
    }

    @Test("answers 'head' to a size, an epoch or a time that is not the log's, and writes nothing")
    func staleHead() async throws {
        let log = try await TestLog.make()
        let database = try await log.database()
        let stale = try await log.planned([.add(of: tenant)], on: database)
        #expect(try await database.append(stale.batch, committing: false) == .appended)
        let before = try await log.contents()
        #expect(try await database.append(stale.batch, committing: false) == .headMoved)
        let other = try await log.planned([.add(to: "b", of: tenant)], on: database)
        var batch = AppendBatch(expected: stale.batch.expected, recordedAt: other.batch.next.recordedAt)
        batch.events = other.batch.events
        batch.streams = other.batch.streams
        batch.streams.positions = [0]
        #expect(try await database.append(batch, committing: false) == .headMoved)

        var head = other.batch.expected
        head.epoch += 1
        batch = AppendBatch(expected: head, recordedAt: head.recordedAt)
        batch.events = other.batch.events
        batch.streams = other.batch.streams
        #expect(try await database.append(batch, committing: false) == .headMoved)

        batch = other.batch
        batch.next.recordedAt = EventTime(microseconds: head.recordedAt.microseconds - 1)
        #expect(try await database.append(batch, committing: false) == .headMoved)
        #expect(try await log.contents() == before)
        await database.connection.close()
    }

    @Test("answers 'duplicate' to a key that is taken, also as a claim, and writes nothing")
    func duplicate() async throws {
        let log = try await TestLog.make()
        let database = try await log.database()
        let first = try await log.planned([.add(of: tenant, key: "k", claim: "c")], on: database)
        #expect(try await database.append(first.batch, committing: false) == .appended)
        let before = try await log.contents()
        for command: Command<Counter> in [.add(of: tenant, key: "k"), .add(of: tenant, key: "2", claim: "c")] {
            let again = try await log.planned([.add(to: "b", of: tenant), command], on: database)
            #expect(try await database.append(again.batch, committing: false) == .duplicateKey)
        }
        #expect(try await log.contents() == before)
        await database.connection.close()
    }

    @Test(
        "answers 'stream' to a version that is not the stream's, and writes nothing", arguments: [0, 2, 3] as [Int64])
    func streamMoved(expected: Int64) async throws {
        let log = try await TestLog.make()
        let database = try await log.database()
        let first = try await log.planned([.add(of: tenant)], on: database)
        #expect(try await database.append(first.batch, committing: false) == .appended)
        let before = try await log.contents()
        var batch = try await log.planned([.add(of: tenant)], on: database).batch
        batch.streams.expected = [expected]
        batch.streams.versions = [expected + 1]
        batch.events.versions = [expected + 1]
        #expect(try await database.append(batch, committing: false) == .streamMoved)
        #expect(try await log.contents() == before)
        await database.connection.close()
    }

    @Test("fencing refuses every append sent under the epoch before it, and settles that it is not in the log")
    func fencing() async throws {
        let log = try await TestLog.make()
        let (old, new) = (try await log.database(), try await log.database())
        let plan = try await log.planned([.add(of: tenant)], on: old)
        let fenced = try await new.fence()
        #expect(fenced.epoch == plan.batch.expected.epoch + 1)
        #expect(try await new.holds(plan.batch) == false)
        #expect(try await old.append(plan.batch, committing: false) == .headMoved)
        #expect(try await new.holds(plan.batch) == false)
        #expect(try await log.events().isEmpty)
        await old.connection.close()
        await new.connection.close()
    }

    @Test("fencing waits for an append under way, and then tells what became of it", arguments: [true, false])
    func fencingWaits(commits: Bool) async throws {
        let log = try await TestLog.make()
        let (old, new) = (try await log.database(), try await log.database())
        let plan = try await log.planned([.add(of: tenant)], on: old)
        try await old.connection.begin()
        #expect(try await old.append(plan.batch, committing: false) == .appended)
        async let fenced = new.fence()
        try await log.use(.superuser) { superuser in try await log.untilBlocked(1, on: superuser) }
        if commits { try await old.connection.commit() } else { await old.connection.rollback() }
        #expect(try await fenced.tree.size == (commits ? 1 : 0))
        #expect(try await new.holds(plan.batch) == commits)
        await old.connection.close()
        await new.connection.close()
    }

    @Test("who holds the head's lock cannot be overtaken, and sees all that was before")
    func locking() async throws {
        let log = try await TestLog.make()
        let (first, second) = (try await log.database(), try await log.database())
        let command = Command<Counter>.add(of: tenant, key: "k")
        let overtaken = try await log.planned([command], on: second)
        let known = try await first.lock(
            streams: [StreamKey(tenant, command.streams[0])], outcomes: command.outcomeKeys, as: Counter.self)
        #expect(known.head == overtaken.batch.expected)
        #expect(known.streams[0].version == .none && known.streams[0].state == nil && known.outcomes.isEmpty)
        async let answer = second.append(overtaken.batch, committing: false)
        try await log.use(.superuser) { superuser in try await log.untilBlocked(1, on: superuser) }
        let plan = try await log.planned([command], on: first)
        #expect(try await first.append(plan.batch, committing: true) == .appended)
        #expect(!first.connection.isInTransaction)
        #expect(try await answer == .headMoved)
        let now = try await second.lock(
            streams: [StreamKey(tenant, command.streams[0])], outcomes: command.outcomeKeys, as: Counter.self)
        #expect(now.head.tree.size == 1)
        #expect(now.streams[0].version.rawValue == 1 && now.streams[0].state == Counter(value: 1))
        #expect(now.outcomes.map(\.0) == command.outcomeKeys)
        await first.connection.close()
        await second.connection.close()
    }
}

extension TestLog {
    /// Waits until so many of this database's connections wait for a lock.
    func untilBlocked(_ count: Int, on superuser: PostgresConnection) async throws {
        try await until {
            try await superuser.query(
                """
                SELECT count(*) >= $2 FROM pg_stat_activity
                WHERE wait_event_type = 'Lock' AND datname = current_database() AND application_name = $1
                """, [.text(applicationName), .int8(Int64(count))]
            ).only().bool(0)
        }
    }
}

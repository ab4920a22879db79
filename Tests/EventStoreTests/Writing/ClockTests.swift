import Foundation
import Postgres
import PostgresTesting
import Synchronization
import Testing

@testable import EventStore

@Suite("Time and partitions", .serialized, .timeLimit(.minutes(10)))
struct ClockTests {
    private let tenant = TenantID.random()

    /// A clock that the test sets.
    private final class TestClock: Sendable {
        private let time: Mutex<EventTime>
        init(_ time: EventTime) { self.time = Mutex(time) }
        func set(_ new: EventTime) { time.withLock { $0 = new } }
        var wall: WallClock { WallClock { self.time.withLock { $0 } } }
    }

    private static let day: Int64 = 86_400

    @Test("a month without a partition gets one by itself, and the command goes through")
    func missingPartition() async throws {
        let log = try await TestLog.make()
        let clock = TestClock(.test)
        try await log.withSequencer(clock: clock.wall) { sequencer in
            _ = try await sequencer.submit(.add(of: tenant))
            clock.set(EventTime.test.adding(seconds: 6 * 365 * Self.day))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    group.addTask { _ = try await sequencer.submit(.add(of: tenant, key: "\(number)")) }
                }
                try await group.waitForAll()
            }
        }
        let events = try await log.expectSound()
        #expect(events.count == 21)
        #expect(events[1].recordedAt.microseconds - events[0].recordedAt.microseconds > 5 * 365 * Self.day * 1_000_000)
    }

    @Test("recorded time stands still while the clock is behind, across restarts too")
    func clockStepsBack() async throws {
        let log = try await TestLog.make()
        let start = EventTime.test
        let clock = TestClock(start)
        for step in [0, -40 * Self.day, -60, 60] {
            clock.set(start.adding(seconds: step))
            try await log.withSequencer(clock: clock.wall) { sequencer in
                _ = try await sequencer.submit(.add(of: tenant))
                clock.set(start.adding(seconds: step - 5))
                _ = try await sequencer.submit(.add(of: tenant))
            }
        }
        let events = try await log.expectSound()
        #expect(events.prefix(6).allSatisfy { $0.recordedAt == start })
        #expect(events.suffix(2).allSatisfy { $0.recordedAt == start.adding(seconds: 60) })
    }

    @Test("the months asked for are made once, each with its indexes and its triggers")
    func ensurePartitions() async throws {
        let log = try await TestLog.make()
        // January to March 2041.
        let (from, to) = (2_240_697_600_000_000 as Int64, 2_247_000_000_000_000 as Int64)
        try await log.use(.gateway) { connection in
            func make() async throws -> Int32 {
                try await connection.query(
                    "SELECT zentriq.ensure_partitions($1, $2)",
                    [.timestamptz(microsecondsSinceUnixEpoch: from), .timestamptz(microsecondsSinceUnixEpoch: to)]
                ).only().int32(0)
            }
            let made = [try await make(), try await make()]
            #expect(made == [3 * Int32(RetentionClass.allCases.count), 0])
            await expectRefused("22023") {
                try await connection.query("SELECT zentriq.ensure_partitions(now(), now() + interval '11 years')")
            }
            await expectRefused("22023") {
                try await connection.query("SELECT zentriq.ensure_partitions(now(), now() - interval '1 second')")
            }
        }
        try await log.use(.owner) { owner in
            let rows = try await owner.query(
                """
                SELECT relid::text, (SELECT count(*) FROM pg_index WHERE indrelid = relid AND indisunique AND indisvalid),
                       (SELECT string_agg(tgname, ' ' ORDER BY tgname) FROM pg_trigger WHERE tgrelid = relid)
                FROM pg_partition_tree('zentriq.events') WHERE isleaf
                """)
            #expect(rows.count >= 7 * RetentionClass.allCases.count)
            for row in rows {
                let partition = try row.string(0)
                #expect(try row.int64(1) == 2, "\(partition)")
                #expect(try row.string(2) == "events_append_only no_truncate", "\(partition)")
            }
            let classes = try await owner.query("SELECT class FROM zentriq.retention_classes").map { try $0.string(0) }
            #expect(Set(classes) == Set(RetentionClass.allCases.map(\.rawValue)))
        }
    }

    @Test("many who make the same months at once do not hinder each other, nor the appends meanwhile")
    func parallelEnsure() async throws {
        let log = try await TestLog.make()
        let far = EventTime(microseconds: 2_400_000_000_000_000)
        try await log.withSequencer { sequencer in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        try await log.use(.gateway) { try await PartitionKeeper.ensure(around: far, on: $0) }
                    }
                }
                for _ in 0..<50 { group.addTask { _ = try await sequencer.submit(.add(of: tenant)) } }
                try await group.waitForAll()
            }
        }
        #expect(try await log.expectSound().count == 50)
    }
}

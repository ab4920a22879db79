import AuditLog
import BillingTesting
import EventStore
import Foundation
import Postgres
import PostgresTesting
import Retention
import RetentionTesting
import Testing
import Verification

@Suite("Sweeps that go on by themselves", .serialized, .timeLimit(.minutes(10)))
struct SweepServiceTests {
    private static let start = CivilDay("2024-01-10")!.start
    private static let usage = "SELECT count(*) FROM zentriq.events WHERE class = 'usage'"

    /// Hangs, up to the suite's limit, if it never comes to this.
    private static func wait(_ bench: Bench, until sql: String, is number: Int64) async throws {
        while try await bench.number(sql) != number { try await Task.sleep(for: .milliseconds(20)) }
    }

    /// The server takes a moment to notice that a connection has ended.
    private static func sweepOnceFree(_ bench: Bench) async throws -> Sweeper.Report {
        while true {
            do { return try await bench.sweep() } catch is Sweeper.Busy {
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    @Test("the service sweeps when the day comes, and what a hold deferred as soon as it is released")
    func service() async throws {
        try await Bench.with(start: Self.start) { bench in
            try await bench.adopt()
            let (held, free) = (Client(bench), Client(bench))
            for _ in 0..<5 { try await held.check() }
            try await bench.fillBundle(free)
            var scope = LegalHold.Scope()
            scope.tenant = held.tenant
            let hold = try await bench.place(scope)
            let service = SweepService(
                sweeper: try bench.sweeper(), reader: bench.reader, clock: bench.clock.wallClock,
                pollInterval: .milliseconds(20), logger: bench.logger)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await service.run() }
                bench.clock.advance(seconds: 100 * 86_400)
                try await Self.wait(bench, until: Self.usage, is: 5)
                try await bench.release(hold)
                try await Self.wait(bench, until: Self.usage, is: 0)
                group.cancelAll()
                try await group.waitForAll()
            }
            let report = try await bench.verify()
            #expect(report.isGood, "\(report.findings.kept)")
        }
    }

    @Test("one sweeps at a time: while somebody has the lease, another one tells so")
    func lease() async throws {
        try await Bench.with(start: Self.start) { bench in
            try await bench.adopt()
            let client = Client(bench)
            try await client.check()
            try await bench.fillBundle(client)
            bench.clock.advance(seconds: 100 * 86_400)
            let other = try await bench.database.connect(role: .retention)
            #expect(try await other.query(Statement("SELECT zentriq.take_sweep_lease(1)")).only().bool(0))
            await #expect(throws: Sweeper.Busy.self) { try await bench.sweep() }
            #expect(try await bench.number("SELECT count(*) FROM zentriq.erasures") == 0)
            await other.close()
            #expect(try await Self.sweepOnceFree(bench).total > 0)
        }
    }

    @Test("a sweep whose connection is cut at any moment leaves rows and certificates together, and is finished later")
    func interrupted() async throws {
        try await Bench.with(start: Self.start) { bench in
            try await bench.adopt()
            let client = Client(bench)
            try await client.grant(10_000)
            for _ in 0..<8 { try await client.capture() }
            for _ in 0..<4 {
                try await bench.fillBundle(client)
                try await client.check()
            }
            try await bench.fillBundle(client)
            let all = try await bench.number(Self.usage)
            bench.clock.advance(seconds: 100 * 86_400)
            try await bench.buildTiles()
            let seed = Seeds.fresh(1)[0]
            var random = SplitMix64(seed: seed)
            var cuts = 0
            while try await bench.number(Self.usage) > 0, cuts < 12 {
                cuts += 1
                let sweeper = try bench.sweeper(batch: 64)
                let sweep = Task { try? await sweeper.run() }
                try await Task.sleep(for: .milliseconds(Int64.random(in: 1...60, using: &random)))
                try await bench.asSuperuser(
                    (
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE usename = 'zentriq_retention' AND datname = current_database()
                        """, []
                    ))
                _ = await sweep.value
                let report = try await bench.verify()
                #expect(report.isGood, "seed \(seed), cut \(cuts): \(report.findings.kept)")
                let gone = try await bench.number("SELECT coalesce(sum(count), 0)::bigint FROM zentriq.erasures")
                #expect(try await bench.number(Self.usage) == all - gone, "seed \(seed), cut \(cuts)")
            }
            _ = try await Self.sweepOnceFree(bench)
            #expect(try await bench.number(Self.usage) == 0)
            #expect(try await bench.sweep() == Sweeper.Report())
            #expect(try await bench.verify().isGood)
        }
    }

    @Test("what is written meanwhile is written as ever: no command is refused, no balance is wrong")
    func beside() async throws {
        try await Bench.with(start: Self.start) { bench in
            try await bench.adopt()
            let client = Client(bench)
            try await client.grant(10_000)
            for _ in 0..<3 {
                try await bench.fillBundle(client)
                try await client.check()
            }
            try await bench.fillBundle(client)
            bench.clock.advance(seconds: 150 * 86_400)
            try await bench.buildTiles()
            let sweeper = try bench.sweeper(batch: 32)
            let report = try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask { for _ in 0..<50 { try await client.capture() } }
                }
                let report = try await sweeper.run()
                try await group.waitForAll()
                return report
            }
            #expect(report.total > 0)
            #expect(try await client.balance() == 9_800)
            let verified = try await bench.verify()
            #expect(verified.isGood, "\(verified.findings.kept)")
        }
    }

    @Test("a partition that somebody reads goes row by row, and the reader sees what was there")
    func readers() async throws {
        try await Bench.with(start: Self.start) { bench in
            try await bench.adopt()
            let client = Client(bench)
            try await client.check()
            try await bench.fillBundle(client)
            let all = try await bench.number(Self.usage)
            bench.clock.advance(seconds: 150 * 86_400)
            let reader = try await bench.database.connect(role: .auditor)
            try await reader.begin(isolation: .repeatableRead, readOnly: true)
            #expect(try await reader.query(Statement(Self.usage)).only().int64(0) == all)
            let report = try await bench.sweep()
            #expect(report.erased == [.usage: all])
            #expect(try await reader.query(Statement(Self.usage)).only().int64(0) == all)
            await reader.rollback()
            await reader.close()
            #expect(try await bench.sweep().total == 0)
            #expect(try await bench.number(Self.usage) == 0)
            #expect(try await bench.verify().isGood)
        }
    }
}

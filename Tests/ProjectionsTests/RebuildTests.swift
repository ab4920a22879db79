import Billing
import BillingTesting
import CreditDomain
import EventStore
import Postgres
import PostgresTesting
import Projections
import Synchronization
import Testing

extension StorageTests {
    @Suite("A rebuild")
    struct RebuildTests {
        @Test("gives the same digest, and switches to a new generation")
        func equalDigest() async throws {
            try await Bench.with { bench in
                var story = Story(bench, accounts: 3, seed: 7)
                try await story.go(on: 60)
                try await bench.catchUp()
                let size = try await bench.reader.head().nextPosition
                for projection in ProjectionCatalog.all {
                    let positions = Mutex<[Int64]>([])
                    let report = try await bench.rebuild(projection) { progress in
                        positions.withLock { $0.append(progress.next.rawValue) }
                        #expect(progress.next <= progress.size)
                    }
                    #expect(report.isUnchanged)
                    #expect(report.digest == report.replacedDigest)
                    #expect(report.isSwitched)
                    #expect(report.events == size.rawValue)
                    #expect(positions.withLock { $0.last } == size.rawValue)
                    let status = try await bench.store.status().filter { $0.name == projection.name }
                    #expect(status.map(\.generation) == [2])
                    #expect(status.map(\.isActive) == [true])
                    #expect(try await bench.rebuild(projection).digest == report.digest)
                    #expect(try await Self.rows(of: projection, in: bench, generation: 1) == 0)
                }
                try await story.go(on: 10)
                try await bench.catchUp()
                for projection in ProjectionCatalog.all { #expect(try await bench.isAsRebuilt(projection)) }
            }
        }

        @Test("of a projection that never ran has nothing to compare with")
        func first() async throws {
            try await Bench.with { bench in
                try await Client(bench).grant(1)
                let report = try await bench.rebuild(CreditStatementProjection())
                #expect(report.replacedDigest == nil)
                #expect(report.isUnchanged)
                #expect(report.isSwitched)
                #expect(try await bench.rebuild(CaptureHistoryProjection()).events == 2)
            }
        }

        @Test("of an empty log gives an empty projection")
        func emptyLog() async throws {
            try await Bench.with { bench in
                let report = try await bench.rebuild(CreditStatementProjection())
                #expect(report.events == 0)
                #expect(report.isSwitched)
            }
        }

        static let tampering: [(projection: String, sql: String)] = [
            ("credit_statement", "UPDATE zentriq.credit_statement SET units = units + 1 WHERE kind = 'grant'"),
            ("credit_statement", "UPDATE zentriq.credit_statement SET reference = NULL WHERE kind = 'grant'"),
            ("credit_statement", "UPDATE zentriq.credit_statement SET recorded_at = recorded_at + interval '1 us'"),
            ("credit_statement", "DELETE FROM zentriq.credit_statement WHERE kind = 'debit'"),
            ("capture_history", "UPDATE zentriq.capture_history SET recorded_at = recorded_at - interval '1 s'"),
            ("capture_history", "UPDATE zentriq.capture_history SET tenant_id = gen_random_uuid()"),
            (
                "capture_history",
                """
                INSERT INTO zentriq.capture_history SELECT log_id, generation, gen_random_uuid(), product, position,
                    recorded_at FROM zentriq.capture_history
                """
            ),
        ]

        @Test("finds a row that was changed, and puts it right")
        func findsTampering() async throws {
            try await Bench.with { bench in
                let client = Client(bench)
                try await client.grant(5)
                try await client.capture()
                try await bench.catchUp()
                for (name, sql) in Self.tampering {
                    let projection = try #require(ProjectionCatalog.named(name))
                    let generation = try #require(try await bench.active(projection)?.generation)
                    try await bench.asSuperuser((Statement(sql), []))
                    let trial = try await bench.rebuild(projection, onlyIfEqual: true)
                    #expect(!trial.isUnchanged, "\(sql)")
                    #expect(!trial.isSwitched)
                    #expect(try await bench.active(projection)?.generation == generation)
                    #expect(try await Self.rows(of: projection, in: bench, generation: generation + 1) == 0)
                    let report = try await bench.rebuild(projection)
                    #expect(!report.isUnchanged, "\(sql)")
                    #expect(report.isSwitched)
                    #expect(try await bench.isAsRebuilt(projection), "\(sql)")
                }
            }
        }

        @Test("that was interrupted resumes where it was")
        func resumes() async throws {
            try await Bench.with { bench in
                try await RunnerTests.fill(bench, captures: 1_200)
                try await bench.catchUp()
                let size = try await bench.size()
                for page in 1...2 {
                    let faulty = FaultyProjection(CreditStatementProjection(), faultAtApply: page)
                    await #expect(throws: PostgresError.self) { try await bench.rebuild(faulty) }
                    let half = try #require(try await bench.store.status().first { !$0.isActive })
                    #expect(half.generation == Int32(page) + 1)
                    #expect(page == 1 ? half.next.rawValue == 0 : (1_000..<size).contains(half.next.rawValue))

                    let taken = Mutex<[Int64]>([])
                    let report = try await bench.rebuild(faulty) { progress in
                        taken.withLock { $0.append(progress.next.rawValue) }
                    }
                    #expect(taken.withLock(\.count) == 2 - (page - 1), "only what was missing")
                    #expect(report.isUnchanged)
                    #expect(try await bench.active(faulty)?.generation == Int32(page) + 1)
                }
            }
        }

        @Test("under appends, with runners at work, ends equal, and what is served never goes back")
        func underAppends() async throws {
            try await Bench.with { bench in
                try await RunnerTests.fill(bench, captures: 300)
                try await bench.catchUp()
                try await withThrowingTaskGroup(of: Void.self) { background in
                    for projection in ProjectionCatalog.all {
                        background.addTask { try await bench.runner(projection).run() }
                        background.addTask { try await Self.watch(projection, in: bench) }
                    }
                    try await withThrowingTaskGroup(of: Void.self) { writes in
                        writes.addTask { for _ in 0..<20 { try await RunnerTests.fill(bench, captures: 20) } }
                        for _ in 0..<5 {
                            for projection in ProjectionCatalog.all {
                                #expect(try await bench.rebuild(projection).isUnchanged)
                            }
                        }
                        try await writes.waitForAll()
                    }
                    try await RunnerTests.untilCaughtUp(bench)
                    background.cancelAll()
                    try await background.waitForAll()
                }
                for projection in ProjectionCatalog.all { #expect(try await bench.isAsRebuilt(projection)) }
            }
        }

        /// Until it is cancelled.
        private static func watch(_ projection: any Projection, in bench: Bench) async throws {
            let connection = try await bench.database.connect(role: .projector)
            var last: Int64 = 0
            while !Task.isCancelled {
                guard
                    let next = try? await connection.query(
                        "SELECT next_position FROM zentriq.projections WHERE active AND name = $1",
                        [.text(projection.name)]
                    ).only().int64(0)
                else { break }
                #expect(next >= last, "\(projection.name) went back")
                last = next
            }
            await connection.close()
        }

        @Test("of a generation that claims to be further than the log ends nevertheless")
        func activeBeyondEnd() async throws {
            try await Bench.with { bench in
                let client = Client(bench)
                try await client.grant(5)
                try await bench.catchUp()
                try await bench.asSuperuser(("UPDATE zentriq.projections SET next_position = next_position + 5", []))
                let report = try await bench.rebuild(CreditStatementProjection())
                #expect(report.isSwitched)
                #expect(report.isUnchanged)
                try await client.capture()
                try await bench.runner(CreditStatementProjection()).catchUp()
                #expect(try await bench.isAsRebuilt(CreditStatementProjection()))
            }
        }

        private static func rows(of projection: any Projection, in bench: Bench, generation: Int32) async throws
            -> Int64
        {
            try await bench.projectorPool.query(
                Statement("SELECT count(*) FROM zentriq.\(projection.name) WHERE generation = $1"), [.int4(generation)]
            ).only().int64(0)
        }
    }
}

import Billing
import BillingTesting
import CreditDomain
import EventStore
import Foundation
import Postgres
import Projections
import Testing

extension StorageTests {
    @Suite("The runner")
    struct RunnerTests {
        @Test("catches up over several pages, and has nothing more to do afterwards")
        func catchesUp() async throws {
            try await Bench.with { bench in
                try await Self.fill(bench, captures: 1_300)
                try await bench.catchUp()
                let size = try await bench.reader.head().nextPosition
                for projection in ProjectionCatalog.all {
                    let status = try #require(try await bench.active(projection))
                    #expect(status.next == size)
                    #expect(status.recordedAt == bench.clock.now)
                    #expect(status.parked == 0)
                    #expect(try await bench.isAsRebuilt(projection))
                }
            }
        }

        @Test("killed between rows and checkpoint, it goes on with the same result")
        func killed() async throws {
            try await Bench.with { bench in
                try await Self.fill(bench, captures: 1_100)
                for projection in ProjectionCatalog.all {
                    for page in 1...2 {
                        try await bench.forget(projection)
                        let faulty = FaultyProjection(projection, faultAtApply: page)
                        await #expect(throws: PostgresError.self) { try await bench.runner(faulty).catchUp() }
                        let next = try #require(try await bench.active(projection)?.next)
                        let taken = try await bench.projectorReader.events(
                            of: projection.retention, at: LogPosition(0)..<next, since: EventTime(microseconds: 0))
                        let expected = (page - 1) * Subscription.pageSize
                        #expect(taken.count == expected, "\(projection.name): all of page \(page), or nothing")
                        try await bench.runner(faulty).catchUp()
                        #expect(try await bench.isAsRebuilt(projection), "\(projection.name), page \(page)")
                    }
                }
            }
        }

        @Test("two at once give the same rows, under appends")
        func two() async throws {
            try await Bench.with { bench in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for projection in ProjectionCatalog.all + ProjectionCatalog.all {
                        group.addTask { try await bench.runner(projection).run() }
                    }
                    for _ in 0..<10 { try await Self.fill(bench, captures: 60) }
                    try await Self.untilCaughtUp(bench)
                    group.cancelAll()
                    try await group.waitForAll()
                }
                for projection in ProjectionCatalog.all { #expect(try await bench.isAsRebuilt(projection)) }
            }
        }

        @Test("follows a switch of generations though nothing is appended")
        func followsSwitch() async throws {
            try await Bench.with { bench in
                let projection = CaptureHistoryProjection()
                try await Self.fill(bench, captures: 20)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await bench.runner(projection).run() }
                    try await Self.until {
                        try await bench.active(projection)?.next == bench.reader.head().nextPosition
                    }
                    try await bench.asSuperuser(
                        ("UPDATE zentriq.projections SET active = false", []),
                        (
                            """
                            INSERT INTO zentriq.projections (log_id, name, generation, active)
                            VALUES (1, 'capture_history', 7, true)
                            """, []
                        ))
                    let size = try await bench.reader.head().nextPosition
                    try await Self.until {
                        let active = try await bench.active(projection)
                        return active?.generation == 7 && active?.next == size
                    }
                    group.cancelAll()
                    try await group.waitForAll()
                }
            }
        }

        @Test("events of other classes move it on, though it takes none of them")
        func otherClasses() async throws {
            try await Bench.with { bench in
                let client = Client(bench)
                try await client.grant(9)
                for _ in 0..<3 { try await client.capture() }
                try await bench.catchUp()
                _ = try await client.check(1)
                try await bench.catchUp()
                for projection in ProjectionCatalog.all {
                    #expect(try await bench.active(projection)?.next.rawValue == (try await bench.size()))
                    #expect(try await bench.isAsRebuilt(projection))
                }
            }
        }

        /// One account with credits enough, and captures in parallel; and as many requests of a person.
        static func fill(_ bench: Bench, captures: Int) async throws {
            let client = Client(bench)
            try await client.grant(Int64(captures))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<captures { group.addTask { try await client.capture() } }
                let person = DataSubject(client.tenant, ActorHandle(UUID()))
                for _ in 0..<captures {
                    let request = PrivacyRequest(
                        id: UUID(), kind: .access, channel: .interface, receivedAt: bench.clock.now)
                    group.addTask {
                        _ = try await bench.plant(PrivacyEvent.requested(request).newEvent, in: person.requests)
                    }
                }
                try await group.waitForAll()
            }
        }

        static func untilCaughtUp(_ bench: Bench) async throws {
            let size = try await bench.reader.head().nextPosition
            for projection in ProjectionCatalog.all {
                try await until { try await bench.active(projection)?.next == size }
            }
        }

        static func until(_ condition: () async throws -> Bool) async throws {
            while try await !condition() { try await Task.sleep(for: .milliseconds(5)) }
        }
    }
}

import BillingTesting
import EventStore
import Postgres
import Testing

@testable import Verification

extension VerificationTests {
    @Suite("The background verification")
    struct ServiceTests {
        @Test(
            "reads the whole log in slices, remembers it, and finds what is changed after",
            arguments: [1, 100, 256, 10_000])
        func passes(slice: Int64) async throws {
            try await Bench.with { bench in
                _ = try await bench.tell(seed: 41, upTo: 300)
                let service = try Self.service(bench, slice: slice)
                let start = bench.clock.now
                #expect(service.status.values.lastCompleted == nil)
                let first = try await service.pass(after: nil, started: start)
                #expect(first.isGood, "\(first.findings.kept)")
                #expect(service.status.values.lastCompleted == start)
                #expect(service.status.values.position.rawValue == Int64(first.size))
                #expect(service.status.ageSeconds(now: start.adding(seconds: 7)) == 7)

                try await bench.asSuperuser(("UPDATE zentriq.events SET actor = NULL WHERE position = 17", []))
                let second = try await service.pass(after: first.checkpoint, started: start)
                #expect(second.findings.kept.map(\.position?.rawValue) == [17])
                #expect(service.status.values.findings.count == 1)
                #expect(second.checkpoint == nil)
            }
        }

        @Test("finds an answer that is missing under an event's own key")
        func answers() async throws {
            try await Bench.with { bench in
                let client = Client(bench)
                try await client.grant(5)
                let capture = try await client.capture()
                try await client.refund(capture)
                let service = try Self.service(bench)
                #expect(try await service.pass(after: nil, started: bench.clock.now).isGood)
                try await bench.asSuperuser(("DELETE FROM zentriq.outcomes WHERE response LIKE '%debited%'", []))
                let report = try await service.pass(after: nil, started: bench.clock.now)
                #expect(report.findings.kept.map(\.reason) == ["0 answers are kept for the event, not 1"])
            }
        }

        @Test("runs until it is cancelled, while the log grows")
        func runs() async throws {
            try await Bench.with { bench in
                let service = try Self.service(bench, slice: 16)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await service.run() }
                    var story = Story(bench, accounts: 2, seed: 42)
                    while service.status.values.position.rawValue < 100 {
                        try await story.go(on: 5)
                        bench.clock.advance(seconds: 1)
                    }
                    #expect(service.status.values.findings.isEmpty)
                    #expect(service.status.values.failure == nil)
                    group.cancelAll()
                    try await group.waitForAll()
                }
            }
        }

        private static func service(_ bench: Bench, slice: Int64 = 64) throws -> VerificationService {
            var pace = VerificationService.Pace()
            pace.slice = slice
            pace.pause = .zero
            pace.rest = .milliseconds(10)
            return VerificationService(
                log: Bench.log, origin: Bench.origin, pool: bench.auditorPool,
                keys: SubjectKeys(origin: Bench.origin, keys: try Bench.keys), clock: bench.clock.wallClock, pace: pace,
                logger: bench.logger)
        }
    }
}

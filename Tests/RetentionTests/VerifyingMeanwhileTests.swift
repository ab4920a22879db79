import AuditLog
import Billing
import BillingTesting
import CreditDomain
import EventStore
import Postgres
import Projections
import Retention
import RetentionTesting
import Sealing
import Testing
import Verification

@Suite("Verification while a sweep goes on", .timeLimit(.minutes(10)))
struct VerifyingMeanwhileTests {
    @Test(
        "what was read before it went, and what went before it was read, is all accounted for",
        arguments: [0, 130, 300])
    func slices(position: Int64) async throws {
        try await Bench.with(start: CivilDay("2017-01-10")!.start) { bench in
            try await bench.adopt()
            let clients = [Client(bench), Client(bench, product: .agent)]
            for client in clients {
                try await client.grant(1_000)
                for _ in 0..<60 { try await client.capture() }
            }
            for client in clients { for _ in 0..<40 { try await client.capture() } }
            try await bench.fillBundle(clients[0])
            bench.clock.set(CivilDay("2024-01-12")!.start)
            for client in clients { for _ in 0..<10 { try await client.capture() } }
            try await bench.fillBundle(clients[1])
            let service = try Self.service(bench)
            async let report = service.pass(after: nil, started: bench.clock.now)
            while service.status.values.position.rawValue < position { try await Task.sleep(for: .milliseconds(1)) }
            let swept = try await bench.sweeper(batch: 32).run()
            #expect(swept.erased[.billing, default: 0] > 200)
            let found = try await report.findings.kept
            #expect(found.isEmpty, "\(found)")
            let again = try await service.pass(after: nil, started: bench.clock.now)
            #expect(again.isGood, "\(again.findings.kept)")
        }
    }

    @Test("a replay finds every event, or its certificate")
    func replays() async throws {
        try await Bench.with(start: CivilDay("2017-01-10")!.start) { bench in
            try await bench.adopt()
            let client = Client(bench)
            try await client.grant(1_000)
            for _ in 0..<100 { try await client.capture() }
            try await bench.fillBundle(client)
            bench.clock.set(CivilDay("2024-01-12")!.start)
            try await client.capture()
            let sweeper = try bench.sweeper(batch: 4)
            async let swept = sweeper.run([.billing])
            for _ in 0..<20 {
                let replay = try await Replay(log: Bench.log, origin: Bench.origin, pool: bench.auditorPool).run()
                #expect(replay.findings.isEmpty, "\(replay.findings)")
            }
            #expect(try await swept.erased[.billing] == 101)
        }
    }

    @Test("captures that are held tell as much as they can of debits that are gone")
    func heldCaptures() async throws {
        try await Bench.with(start: CivilDay("2017-01-10")!.start) { bench in
            try await bench.adopt()
            let client = Client(bench)
            try await client.grant(1_000)
            try await client.capture()
            try await client.capture(hold: client.hold(1).holdID)
            try await client.capture(client.record(outcome: .failure))
            try await client.refund(client.capture())
            try await bench.fillBundle(client)
            var scope = LegalHold.Scope()
            scope.retention = .capture
            _ = try await bench.place(scope)
            bench.clock.set(CivilDay("2024-01-12")!.start)
            try await client.capture()
            #expect(try await bench.sweep().erased[.billing, default: 0] == 6)
            let report = try await bench.verify()
            #expect(report.isGood, "\(report.findings.kept)")
            let found = try await Self.service(bench).pass(after: nil, started: bench.clock.now).findings.kept
            #expect(found.isEmpty, "\(found)")
            try await bench.asSuperuser(
                (
                    "UPDATE zentriq.outcomes SET response = replace(response, '\"debited\":\"1\"', '\"debited\":\"2\"')",
                    []
                ))
            #expect(try await !bench.verify().isGood)
        }
    }

    private static func service(_ bench: Bench) throws -> VerificationService {
        var pace = VerificationService.Pace()
        pace.slice = 16
        pace.pause = .milliseconds(10)
        return VerificationService(
            log: Bench.log, origin: Bench.origin, pool: bench.projectorPool,
            keys: SubjectKeys(origin: Bench.origin, keys: try Bench.keys), clock: bench.clock.wallClock, pace: pace,
            logger: bench.logger)
    }
}

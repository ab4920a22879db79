import AuditLog
import Billing
import BillingTesting
import CreditDomain
import EventStore
import Foundation
import Postgres
import Projections
import Retention
import RetentionTesting
import Testing
import TransparencyLog
import Verification

@Suite("A sweep", .serialized, .timeLimit(.minutes(10)))
struct SweepTests {
    private static let day: Int64 = 86_400
    static let start = CivilDay("2024-01-10")!.start

    /// A log with a policy, some usage and captures of its first day in a full bundle, and the certificate-free end.
    private static func with(_ body: @Sendable (Bench, Client) async throws -> Void) async throws {
        try await Bench.with(start: start) { bench in
            try await bench.adopt()
            let client = Client(bench)
            try await client.grant(1_000)
            for _ in 0..<8 {
                try await client.check()
                try await client.capture()
            }
            try await bench.fillBundle(client)
            try await bench.project()
            try await body(bench, client)
        }
    }

    private static func count(_ bench: Bench, _ name: String) async throws -> Int64 {
        try await bench.number("SELECT count(*) FROM zentriq.events WHERE class = '\(name)'")
    }

    @Test("keeps usage through day 90, and it is gone on day 91; captures go after twelve months, billing stays")
    func boundaries() async throws {
        try await Self.with { bench, client in
            let usage = try await Self.count(bench, "usage")
            let billing = try await Self.count(bench, "billing")
            bench.clock.set(EventTime(microseconds: Self.start.adding(seconds: 91 * Self.day).microseconds - 1))
            #expect(try await bench.sweep().total == 0)
            bench.clock.advance(microseconds: 1)
            #expect(try await bench.sweep().erased == [.usage: usage])
            #expect(try await bench.sweep() == Sweeper.Report())
            bench.clock.set(EventTime(microseconds: try #require(CivilDay("2025-01-11")).start.microseconds - 1))
            #expect(try await bench.sweep().total == 0)
            bench.clock.advance(microseconds: 1)
            #expect(try await bench.sweep().erased == [.capture: 8])
            #expect(try await bench.number("SELECT count(*) FROM zentriq.capture_history") == 0)
            #expect(try await Self.count(bench, "billing") == billing)
            let report = try await bench.verify()
            #expect(report.isGood, "\(report.findings.kept)")
            let replay = try await Replay(log: Bench.log, origin: Bench.origin, pool: bench.auditorPool).run()
            #expect(replay.findings.isEmpty, "\(replay.findings)")
            #expect(replay.accounts[client.account]?.balance.rawValue == 992)
        }
    }

    @Test("leaves tiles and the proofs of what remains as they were, and says which positions are gone")
    func proofs() async throws {
        try await Self.with { bench, client in
            let digest =
                "SELECT ('x' || left(md5(string_agg(entries::text, '' ORDER BY index)), 15))::bit(60)::bigint FROM zentriq.bundles"
            let before = try await bench.number(digest)
            bench.clock.advance(seconds: 100 * Self.day)
            try await bench.sweep()
            #expect(try await bench.number(digest) == before)
            let receipts = Receipts(reader: bench.reader)
            let debit = try #require(try await client.events(Streams.account(.punchout)).last)
            let receipt = try #require(try await receipts.receipt(at: debit.position, of: client.tenant))
            _ = try VerifiedReceipt(receipt.encoded(), policy: TrustPolicy(log: Bench.signer.verifier))
            let first = try await bench.number("SELECT min(first_position) FROM zentriq.erasures")
            #expect(try await receipts.receipt(at: LogPosition(first), of: client.tenant) == nil)
            #expect(try await receipts.isErased(LogPosition(first)))
            #expect(try await !receipts.isErased(debit.position))
            #expect(try await !receipts.isErased(LogPosition(1_000_000)))
            let head = try await bench.reader.head()
            let gone = try await bench.number("SELECT sum(count)::bigint FROM zentriq.erasures")
            #expect(try await bench.reader.erasedCount(LogPosition(0)..<head.nextPosition) == gone)
        }
    }

    @Test("is stopped by a hold, and done at once when it is released")
    func holds() async throws {
        try await Self.with { bench, client in
            let other = Client(bench)
            try await other.check()
            try await bench.fillBundle(other)
            let all = try await Self.count(bench, "usage")
            let own = try await bench.number(
                "SELECT count(*) FROM zentriq.events WHERE class = 'usage' AND tenant_id = '\(client.tenant.rawValue)'")
            var scope = LegalHold.Scope()
            scope.tenant = client.tenant
            let hold = try await bench.place(scope)
            bench.clock.advance(seconds: 100 * Self.day)
            let schedule = RetentionSchedule(log: Bench.log, pool: bench.projectorPool)
            _ = schedule
            #expect(try await bench.sweep().erased == [.usage: all - own])
            #expect(try await bench.sweep().total == 0)
            #expect(try await bench.verify().isGood)
            try await bench.release(hold)
            #expect(try await bench.sweep().erased == [.usage: own])
            let report = try await bench.verify()
            #expect(report.isGood, "\(report.findings.kept)")
        }
    }

    @Test("keeps all streams that are named after a person under a hold on them, whoever wrote there")
    func holdOnPerson() async throws {
        try await Bench.with(start: Self.start) { bench in
            try await bench.adopt()
            let client = Client(bench)
            let people = [ActorHandle(UUID()), ActorHandle(UUID())]
            let office = Requester(actor: nil, request: nil)
            let privacy = PrivacyLedger(writer: bench.writer, reader: bench.reader)
            for person in people {
                try await bench.ledger.register(tenant: client.tenant, subject: person, by: office)
                _ = try await privacy.record(
                    .access, by: .email, of: DataSubject(client.tenant, person), idempotencyKey: UUID().uuidString,
                    by: office)
            }
            var scope = LegalHold.Scope()
            scope.subject = people[0]
            let hold = try await bench.place(scope)
            try await bench.fillBundle(client)
            bench.clock.set(try #require(CivilDay("2026-02-01")).start)
            let left = "SELECT count(*) FROM zentriq.events WHERE class = 'access' AND stream_id = 'privacy-"
            #expect(try await bench.sweep().erased[.access] == 1)
            #expect(try await bench.number(left + "\(people[0].rawValue.lowercaseText)'") == 1)
            #expect(try await bench.number(left + "\(people[1].rawValue.lowercaseText)'") == 0)
            try await bench.release(hold)
            #expect(try await bench.sweep().erased == [.access: 1])
        }
    }

    @Test("that is killed between batches goes on where it was")
    func resumes() async throws {
        try await Self.with { bench, _ in
            let all = try await Self.count(bench, "usage")
            var scope = LegalHold.Scope()
            scope.retention = .usage
            scope.to = Self.start
            // A hold in the partition keeps it from being dropped as a whole.
            _ = try await bench.place(scope)
            bench.clock.advance(seconds: 100 * Self.day)
            try await bench.buildTiles()
            let sweeper = try bench.sweeper(batch: 10)
            let task = Task {
                try await sweeper.run { progress in
                    if progress.erased >= 30 { withUnsafeCurrentTask { $0?.cancel() } }
                }
            }
            _ = try? await task.value
            let left = try await Self.count(bench, "usage")
            #expect(left < all && left > 0)
            #expect(try await bench.verify().isGood)
            #expect(try await bench.sweep().erased == [.usage: left])
            #expect(try await bench.verify().isGood)
        }
    }

    @Test("does nothing without a policy")
    func noPolicy() async throws {
        try await Bench.with(start: Self.start) { bench in
            let client = Client(bench)
            try await client.check()
            try await bench.fillBundle(client)
            bench.clock.advance(seconds: 1_000 * Self.day)
            #expect(try await bench.sweep().total == 0)
        }
    }

    @Test("of billing carries balances forward: replay, statements and what is left of the past hold")
    func billing() async throws {
        let start = try #require(CivilDay("2017-03-01")).start
        try await Bench.with(start: start) { bench in
            try await bench.adopt()
            let (active, dormant) = (Client(bench), Client(bench, product: .agent))
            try await active.grant(1_000)
            try await dormant.grant(50)
            for _ in 0..<5 { try await active.capture() }
            try await bench.fillBundle(active)
            bench.clock.advance(seconds: 400 * Self.day)
            for _ in 0..<5 { try await active.capture() }
            let second = bench.clock.now
            try await bench.fillBundle(active)
            try await bench.project()
            bench.clock.set(try #require(CivilDay("2024-03-02")).start)
            #expect(try await bench.sweep().erased[.billing] == 7)
            #expect(try await bench.sweep().total == 0)
            #expect(try await dormant.balance() == 50)
            try await dormant.capture()
            try await active.capture()
            try await bench.project()
            let balances = Balances(reader: bench.reader, clock: bench.clock.wallClock)
            let past = try await balances.balance(of: active.tenant, product: .punchout, at: .time(second))
            #expect(past.posted == Credits(990))
            await #expect(throws: HistoryError.self) {
                try await balances.balance(of: active.tenant, product: .punchout, at: .time(start))
            }
            let history = HistoryReader(reader: bench.reader, clock: bench.clock.wallClock)
            #expect(
                try await history.statement(of: dormant.tenant, product: .agent, before: nil, limit: 10).map(\.balance)
                    == [Credits(49)])
            #expect(
                try await history.statement(of: active.tenant, product: .punchout, before: nil, limit: 1).map(\.balance)
                    == [Credits(989)])
            let explanation = try await BalanceExplainer(reader: bench.reader, clock: bench.clock.wallClock).explain(
                .punchout, of: active.tenant, at: .now)
            #expect(explanation.holds, "\(explanation.contradictions)")
            let replay = try await Replay(log: Bench.log, origin: Bench.origin, pool: bench.auditorPool).run()
            #expect(replay.findings.isEmpty, "\(replay.findings)")
            #expect(replay.accounts[dormant.account]?.balance == Credits(49))
            let report = try await bench.verify()
            #expect(report.isGood, "\(report.findings.kept)")
            let store = ProjectionStore(log: Bench.log, pool: bench.projectorPool)
            for projection in ProjectionCatalog.all {
                let rebuilt = try await ProjectionRebuild(projection, store: store, reader: bench.projectorReader)
                    .run { _ in }
                #expect(rebuilt.isUnchanged, "\(projection.name)")
            }
        }
    }
}

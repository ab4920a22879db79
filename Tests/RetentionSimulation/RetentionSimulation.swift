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
import Verification

/// Years of traffic with a sweep a day, on a clock of its own, over real partitions; after it, what is left is compared
/// with what SQL alone says should be, the log is verified and replayed.
///
///     ZENTRIQ_TEST_CLUSTER=DIR retention-simulation [YEARS] [SWEEP EVERY N DAYS]
@main
struct RetentionSimulation {
    private static let day: Int64 = 86_400

    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst().compactMap { Int64($0) }
        let years = arguments.first ?? 2
        let every = arguments.dropFirst().first ?? 1
        let end = CivilDay(of: WallClock.system.now()).start
        let first = CivilDay(of: end).adding(months: -12 * years)
        try await Bench.with(start: first.start) { bench in
            try await bench.adopt()
            // What was ever recorded, past the sweeps.
            try await bench.asSuperuser(
                ("CREATE TABLE public.diary (class text, day date, position bigint)", []))
            let clients = (0..<4).map { Client(bench, product: $0 % 2 == 0 ? .punchout : .agent) }
            for client in clients { try await client.grant(1_000_000, reference: "first") }
            var diary = 0 as Int64
            let began = ContinuousClock.now
            var swept = Sweeper.Report()
            var number: Int64 = 0
            while bench.clock.now < end {
                for client in clients {
                    try await client.check()
                    try await client.capture()
                    bench.clock.advance(seconds: 3_600)
                }
                diary = try await write(bench, from: diary)
                bench.clock.set(first.adding(days: number + 1).start.adding(seconds: 1))
                number += 1
                guard number % every == 0 else { continue }
                try await bench.project()
                let report = try await bench.sweep()
                for (retention, count) in report.erased { swept.erased[retention, default: 0] += count }
                swept.certificates += report.certificates
                swept.partitions += report.partitions
                if number % 90 == 0 { print("day \(number), \(try await bench.size()) events, gone: \(swept.total)") }
            }
            for client in clients { try await bench.fillBundle(client) }
            diary = try await write(bench, from: diary)
            try await bench.project()
            let last = try await bench.sweep()
            for (retention, count) in last.erased { swept.erased[retention, default: 0] += count }
            print("\(number) days, \(ContinuousClock.now - began); \(swept)")
            try await compare(bench)
            let clock = ContinuousClock()
            var report: VerificationReport?
            let time = try await clock.measure { report = try await bench.verify() }
            print("verified in \(time): \(report?.isGood == true ? "good" : "\(report?.findings.kept ?? [])")")
            let replay = try await Replay(log: Bench.log, origin: Bench.origin, pool: bench.projectorPool).run()
            print(
                "replayed: \(replay.findings.isEmpty ? "good" : "\(replay.findings)"), \(replay.accounts.count) accounts"
            )
            for client in clients {
                let (inline, replayed) = (try await client.balance(), replay.accounts[client.account]?.balance.rawValue)
                print("account \(client.product.rawValue): \(inline), replayed \(replayed ?? -1)")
            }
        }
    }

    private static func write(_ bench: Bench, from position: Int64) async throws -> Int64 {
        try await bench.asSuperuser(
            (
                """
                INSERT INTO public.diary SELECT class, (recorded_at AT TIME ZONE 'UTC')::date, position
                FROM zentriq.events WHERE position >= $1
                """, [.int8(position)]
            ))
        return try await bench.size()
    }

    /// By SQL alone, from the diary: which positions of each class must be left today.
    private static func compare(_ bench: Bench) async throws {
        let today = CivilDay(of: bench.clock.now).text
        for (name, period) in [
            ("capture", "12 months"), ("usage", "90 days"), ("billing", "7 years"), ("system", "100 years"),
        ] {
            let due = "class = '\(name)' AND (day + interval '\(period)')::date < '\(today)'::date"
            let expected = try await bench.number(
                "SELECT count(*) FROM public.diary WHERE class = '\(name)' AND NOT (\(due))")
            let left = try await bench.number(
                "SELECT count(*) FROM zentriq.events e JOIN public.diary d USING (position) WHERE d.class = '\(name)'")
            let wrong = try await bench.number(
                """
                SELECT count(*) FROM public.diary d LEFT JOIN zentriq.events e USING (position)
                WHERE d.class = '\(name)' AND (e.position IS NOT NULL) = ((d.day + interval '\(period)')::date < '\(today)'::date)
                """)
            print("\(name): \(left) left, \(expected) expected, \(wrong) in the wrong place")
        }
        let captures = try await bench.number("SELECT count(*) FROM zentriq.events WHERE class = 'capture'")
        let history = try await bench.number("SELECT count(*) FROM zentriq.capture_history")
        print("capture history: \(history) rows, \(captures) events")
    }
}

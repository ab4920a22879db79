import BillingTesting
import CreditDomain
import EventStore
import Projections
import Retention
import RetentionTesting
import Testing
import Verification

@Suite("Sweeps over seven years", .timeLimit(.minutes(10)))
struct SimulationTests {
    /// The days around each class's last one, with traffic; `retention-simulation` lives through all of them.
    @Test("leave each day what SQL says, of every class, and the log verifies, replays and tells all balances")
    func boundaries() async throws {
        let start = try #require(CivilDay("2018-02-26"))
        try await Bench.with(start: start.start) { bench in
            let years = try await SimulatedYears(bench)
            let check: @Sendable (SimulatedYears) async throws -> Void = { years in
                let (counts, strays, day) = try await (years.counts(), years.strayProjectedRows(), years.day)
                #expect(counts.allSatisfy { $0.wrong == 0 }, "\(day.text): \(counts)")
                #expect(strays == 0, "\(day.text)")
            }
            try await years.live(days: 4, each: check)
            for day in [
                start.adding(days: 89), start.adding(months: 12), start.adding(months: 24), start.adding(months: 84),
            ] {
                try await years.skip(to: day.adding(days: -1))
                try await check(years)
                try await years.live(days: 5, each: check)
            }
            let erased = await years.erased
            for retention in [RetentionClass.usage, .capture, .access, .billing] {
                #expect(erased[retention, default: 0] > 0, "\(retention)")
            }
            let partitions = await years.partitions
            #expect(partitions > 0)
            let report = try await bench.verify()
            #expect(report.isGood, "\(report.findings.kept)")
            let replay = try await Replay(log: Bench.log, origin: Bench.origin, pool: bench.auditorPool).run()
            #expect(replay.findings.isEmpty, "\(replay.findings)")
            for client in years.clients {
                #expect(try await client.balance() == replay.accounts[client.account]?.balance.rawValue)
            }
        }
    }
}

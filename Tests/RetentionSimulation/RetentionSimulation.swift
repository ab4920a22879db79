import BillingTesting
import CreditDomain
import EventStore
import Foundation
import Projections
import Retention
import RetentionTesting
import Verification

/// Years of traffic with a sweep a day; after it, what is left is compared with what SQL alone says should be, the log
/// is verified and replayed. Ends with 1 if anything differs.
///
///     ZENTRIQ_TEST_CLUSTER=DIR retention-simulation [YEARS]
@main
struct RetentionSimulation {
    static func main() async throws {
        let years = CommandLine.arguments.dropFirst().first.flatMap { Int64($0) } ?? 2
        guard (1...30).contains(years) else {
            print("usage: retention-simulation [YEARS], from 1 to 30")
            exit(64)
        }
        let end = CivilDay(of: WallClock.system.now())
        let start = end.adding(months: -12 * years)
        let isSound = try await Bench.with(start: start.start) { bench in
            let began = ContinuousClock.now
            let simulated = try await SimulatedYears(bench)
            try await simulated.live(days: end.number - start.number) { simulated in
                let days = await simulated.days
                guard days % 90 == 0 else { return }
                let gone = await simulated.erased.values.reduce(0, +)
                print("day \(days): \(try await bench.size()) events, \(gone) gone, \(ContinuousClock.now - began)")
                fflush(nil)
            }
            return try await tell(simulated)
        }
        exit(isSound ? 0 : 1)
    }

    private static func tell(_ simulated: SimulatedYears) async throws -> Bool {
        let bench = simulated.bench
        print(
            "\(await simulated.days) days and sweeps, \(await simulated.certificates) certificates, "
                + "\(await simulated.partitions) partitions dropped")
        print(row("class", "recorded", "expected", "left", "wrong"))
        let counts = try await simulated.counts()
        for count in counts {
            print(row(count.retention, count.recorded, count.expected, count.left, count.wrong))
        }
        let strays = try await simulated.strayProjectedRows()
        print("projected rows without their event, or the other way round: \(strays)")
        let report = try await bench.verify()
        print("verified: \(report.isGood ? "good" : "\(report.findings.kept)")")
        let replay = try await Replay(log: Bench.log, origin: Bench.origin, pool: bench.auditorPool).run()
        print("replayed: \(replay.findings.isEmpty ? "good" : "\(replay.findings)")")
        var isEqual = true
        for client in simulated.clients {
            isEqual = try await client.balance() == replay.accounts[client.account]?.balance.rawValue && isEqual
        }
        print("balances: \(isEqual ? "those of the replay" : "not those of the replay")")
        return counts.allSatisfy { $0.wrong == 0 } && strays == 0 && report.isGood && replay.findings.isEmpty && isEqual
    }

    private static func row(_ cells: Any...) -> String {
        cells.map { "\($0)".padding(toLength: 12, withPad: " ", startingAt: 0) }.joined()
    }
}

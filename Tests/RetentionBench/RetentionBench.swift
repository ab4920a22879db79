import AuditLog
import BillingTesting
import EventStore
import Foundation
import Postgres
import PostgresTesting
import Retention
import RetentionTesting
import Verification

/// How many rows a second a sweep takes away, as partitions and row by row, and what debits feel of it meanwhile.
///
///     ZENTRIQ_TEST_CLUSTER=DIR retention-bench [ROWS OF A MONTH] [MONTHS] [DEBITS A SECOND]
///
/// Months of usage are written through the service's own write path. Then each is swept as the service does it, with
/// debits at a fixed rate from many accounts; before and after each sweep the same debits go on without it.
@main
struct RetentionBench {
    private static let writers = 512
    private static let start = CivilDay("2024-01-01")!

    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst().compactMap { Int64($0) }
        let rows = arguments.first ?? 500_000
        let months = arguments.dropFirst().first ?? 4
        let rate = arguments.dropFirst(2).first ?? 400
        guard arguments.count == CommandLine.arguments.count - 1, (1_000...10_000_000).contains(rows),
            (2...24).contains(months), (10...10_000).contains(rate)
        else {
            print("usage: retention-bench [ROWS OF A MONTH] [MONTHS, 2 to 24] [DEBITS A SECOND, 10 to 10000]")
            exit(64)
        }
        try await Bench.with(start: start.start) { bench in
            try await bench.adopt()
            let clients = (0..<100).map { _ in Client(bench) }
            for client in clients { try await client.grant(1_000_000_000, reference: "first") }
            for month in 0..<months {
                bench.clock.set(start.adding(months: month).start.adding(seconds: 1))
                let seconds = try await timed { try await fill(bench, clients, upTo: (month + 1) * rows) }
                print("month \(month + 1): \(try await bench.size()) events, written in \(Int(seconds)) s")
                fflush(nil)
            }
            bench.clock.set(start.adding(months: months + 4).start)
            try await bench.fillBundle(clients[0])
            try await bench.asSuperuser(("VACUUM ANALYZE", []))
            let debits = Debits(clients: clients, rate: Double(rate))
            _ = try await debits.run(seconds: 3)
            for month in 0..<months { try await measure(bench, debits, month: month, ofMonths: months) }
            print("verified: \(try await bench.verify().isGood ? "good" : "NOT GOOD")")
        }
    }

    private static func fill(_ bench: Bench, _ clients: [Client], upTo size: Int64) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    while bench.signal.size < size { try await clients[writer % clients.count].check() }
                }
            }
            try await group.waitForAll()
        }
    }

    /// A month goes as a partition; the last one row by row, as a hold is on one of its instants.
    private static func measure(_ bench: Bench, _ debits: Debits, month: Int64, ofMonths months: Int64) async throws {
        let first = start.adding(months: month).start
        let isByRows = month == months - 1
        if isByRows {
            var scope = LegalHold.Scope()
            scope.from = first
            scope.to = first.adding(seconds: 1)
            _ = try await bench.place(scope)
        }
        let sweeper = try Sweeper(
            log: Bench.log, signer: Bench.signer, configuration: bench.database.configuration(role: .retention),
            clock: bench.clock.wallClock, logger: bench.logger)
        let before = try await debits.run(seconds: 5)
        let end = start.adding(months: month + 1).start
        let sweep = Task {
            let clock = ContinuousClock.now
            let report = try await sweeper.run([.usage], before: end)
            return (report, (ContinuousClock.now - clock) / .seconds(1))
        }
        let during = try await debits.run(while: sweep)
        let (report, seconds) = try await sweep.value
        let after = try await debits.run(seconds: 5)
        let alone = Latencies(before.values + after.values)
        print(
            "\(isByRows ? "row by row" : "partition"): \(report.total) rows in \(tenths(seconds)) s, "
                + "\(Int(Double(report.total) / seconds)) rows/s")
        print("  debits without a sweep  \(alone.text)")
        print("  debits beside the sweep \(during.text)")
        print(
            "  mean \(percent(during.mean, alone.mean)), median \(percent(during.at(0.5), alone.at(0.5))), "
                + "p99 \(percent(during.at(0.99), alone.at(0.99)))")
        fflush(nil)
    }

    private static func percent(_ value: Double, _ base: Double) -> String {
        let change = Int((100 * (value / base - 1)).rounded())
        return "\(change < 0 ? "" : "+")\(change) %"
    }

    private static func timed(_ body: () async throws -> Void) async throws -> Double {
        try await ContinuousClock().measure { try await body() } / .seconds(1)
    }
}

func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

import Billing
import BillingTesting
import CreditDomain
import EventStore
import Foundation
import Postgres
import PostgresTesting
import TransparencyLog
import Verification

/// Fills a log through the service's own write path, and measures how long `verify log` takes for it, beside a COPY of
/// the same columns of the same rows that nobody looks at.
///
///     ZENTRIQ_TEST_CLUSTER=DIR verification-bench [EVENTS]
@main
struct VerificationBench {
    private static let tenants = 200
    private static let writers = 512
    private static let runs = ProcessInfo.processInfo.environment["ZENTRIQ_BENCH_RUNS"].flatMap { Int($0) } ?? 3
    private static let columns = """
        SELECT position, recorded_at, version, tenant_id, event_id, actor, request_id, schema_version, class, stream_id,
        type, salt, commitment, data, key_id FROM zentriq.events WHERE log_id = 1 ORDER BY position
        """

    static func main() async throws {
        let size = CommandLine.arguments.dropFirst().first.flatMap { Int64($0) } ?? 1_000_000
        try await Bench.with { bench in
            let loading = try await timed { try await load(bench, upTo: size) }
            try await TileBuilder(
                log: Bench.log, pool: bench.projectorPool, signal: bench.signal, logger: bench.logger
            ).catchUp()
            try await bench.asSuperuser(("VACUUM ANALYZE", []))
            let events = try await bench.size()
            print("\(events) events, written in \(loading) s")
            let auditor = try bench.database.configuration(role: .auditor)
            for _ in 0..<runs {
                fflush(nil)
                let copy = try await timed { try await copyOut(auditor) }
                let psql = try await timed { try copyWithPsql(auditor) }
                let processor = processorSeconds
                let verification = try await timed { try await verify(auditor, events) }
                print(
                    "COPY \(rate(events, copy)), psql \\copy \(rate(events, psql)), verify \(rate(events, verification))"
                )
                let used = 1_000_000 * (processorSeconds - processor) / Double(events)
                print("verify takes \(used) µs of this process's processor time for an event")
                print(
                    "verify at \(Int(100 * psql / verification)) % of psql \\copy, \(Int(100 * copy / verification)) % of COPY"
                )
            }
        }
    }

    // MARK: The log

    private static func load(_ bench: Bench, upTo size: Int64) async throws {
        let clients = (0..<tenants).map { Client(bench, product: $0 % 3 == 0 ? .agent : .punchout) }
        for client in clients { try await client.grant(1_000_000, reference: "first") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    var number = writer
                    while bench.signal.size < size {
                        try await step(clients[number % clients.count], number)
                        number += writers
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Mostly captures, as the service sees them.
    private static func step(_ client: Client, _ number: Int) async throws {
        client.bench.clock.advance(microseconds: 50)
        switch number / writers % 20 {
        case 0...3: try await client.check()
        case 4: try await client.voidHold(client.hold(2).holdID)
        case 5: try await client.capture(hold: client.hold(2).holdID)
        case 6: try await client.refund(client.capture())
        default: try await client.capture()
        }
    }

    // MARK: Measuring

    private static func copyOut(_ configuration: PostgresConfiguration) async throws {
        let connection = try await PostgresConnection.connect(configuration)
        try await connection.copyOut("COPY (\(columns)) TO STDOUT (FORMAT binary)", deadline: .seconds(600)) { _ in }
        await connection.close()
    }

    private static func copyWithPsql(_ configuration: PostgresConfiguration) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/psql")
        let statement = columns.replacing("\n", with: " ")
        process.arguments = [
            "-q", "-h", configuration.host, "-p", String(configuration.port), "-U", configuration.user,
            "-d", configuration.database, "-c", "\\copy (\(statement)) TO '/dev/null' (FORMAT binary)",
        ]
        process.environment = ["PGPASSWORD": configuration.password ?? "", "PATH": "/usr/bin:/bin"]
        try process.run()
        process.waitUntilExit()
        precondition(process.terminationStatus == 0, "psql failed")
    }

    private static func verify(_ configuration: PostgresConfiguration, _ events: Int64) async throws {
        let pool = PostgresPool(configuration: configuration, size: 2)
        let report = try await LogVerifier(log: Bench.log, origin: Bench.origin, pool: pool).run()
        await pool.close()
        precondition(report.isGood && report.size == UInt64(events), "\(report.findings.kept)")
    }

    private static func timed(_ body: () async throws -> Void) async throws -> Double {
        let start = ContinuousClock.now
        try await body()
        return (ContinuousClock.now - start) / .seconds(1)
    }

    /// Of this process: what does not depend on who else uses the machine. The server's comes to it.
    private static var processorSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func rate(_ events: Int64, _ seconds: Double) -> String {
        "\(Int(Double(events) / seconds)) events/s"
    }
}

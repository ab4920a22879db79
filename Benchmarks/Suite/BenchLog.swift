import Billing
import CreditDomain
import EventStore
import Foundation
import Gateway
import Logging
import Postgres
import Verification

/// A log in a database of its own, written and read in this process with the service's own code.
struct BenchLog: Sendable {
    static let log = LogID(1)
    private static let grantsAtOnce = 1_024

    let name: String
    let server: Server
    let signer: LogSigner
    let settings: Settings
    let reader: LogReader
    let ledger: CreditLedger
    let writer: CreditLedger.Writer
    let pool: PostgresPool

    static let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }

    /// Makes the database, with the schema and an empty log.
    static func make(_ name: String, _ tool: Tool, _ options: Options) async throws -> BenchLog {
        let administrator = try await Server.connect(database: "postgres")
        try await administrator.connection.script("DROP DATABASE IF EXISTS \(name)")
        try await administrator.connection.script("CREATE DATABASE \(name) OWNER zentriq_owner")
        await administrator.connection.close()
        _ = try await tool.run(
            options.service, ["migrate"], ["ZENTRIQ_DATABASE_NAME": name, "ZENTRIQ_DATA_DIRECTORY": options.state])
        let settings = Settings(
            ProcessInfo.processInfo.environment.merging(["ZENTRIQ_DATABASE_NAME": name]) { $1 })
        let signer = try LogKeyFile.signer(in: options.state)
        let gateway = try settings.database(.gateway, development: true)
        let pool = PostgresPool(configuration: gateway, size: 2, logger: logger)
        let reader = LogReader(log: log, origin: signer.origin, pool: pool)
        try await reader.createLog(signer: signer)
        let writer = CreditLedger.Writer(
            log: log, signer: signer, configuration: gateway, signal: CommitSignal(), logger: logger)
        return BenchLog(
            name: name, server: try await Server.connect(database: name), signer: signer, settings: settings,
            reader: reader, ledger: CreditLedger(writer: writer, reader: reader), writer: writer, pool: pool)
    }

    /// With the writers of all these logs at work.
    static func withWriters<Value: Sendable>(
        _ logs: [BenchLog], _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for log in logs { group.addTask { try await log.writer.run() } }
            for log in logs {
                while !log.writer.isOpen { try await Task.sleep(for: .milliseconds(2)) }
            }
            let value = try await body()
            group.cancelAll()
            try await group.waitForAll()
            return value
        }
    }

    /// Runs that many captures, so many at once, by these tenants in turn.
    func capture(_ count: Int, atOnce: Int, by tenants: [TenantID]) async throws {
        let now = WallClock.system.now()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<atOnce {
                group.addTask {
                    for number in stride(from: worker, to: count, by: atOnce) {
                        let record = CaptureRecord(
                            id: UUID(), product: .punchout, vendorHost: "www.galaxus.ch", lineCount: 3,
                            capturedAt: Timestamp(microseconds: now.microseconds), outcome: .success)
                        _ = try await ledger.capture(
                            CaptureRequest(tenant: tenants[number % tenants.count], capture: record, hold: nil),
                            by: Requester(actor: ActorHandle(UUID()), request: UUID()))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Gives each of them credits, through the writer.
    func grant(_ units: Int64, to tenants: [TenantID]) async throws {
        for start in stride(from: 0, to: tenants.count, by: Self.grantsAtOnce) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for tenant in tenants[start..<min(start + Self.grantsAtOnce, tenants.count)] {
                    group.addTask {
                        let grant = GrantRequest(source: .purchase, reference: "bench", units: Credits(units))
                        _ = try await ledger.grant(
                            GrantOrder(tenant: tenant, product: .punchout, grant: grant), idempotencyKey: "bench",
                            by: Requester(actor: nil, request: nil))
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// Verifies the whole log; a finding ends the run.
    func verify() async throws -> VerificationReport {
        let auditor = PostgresPool(configuration: try settings.database(.auditor, development: true), size: 2)
        let report = try await LogVerifier(log: Self.log, origin: signer.origin, pool: auditor).run()
        await auditor.close()
        if let first = report.findings.kept.first { throw BenchFailure("INVARIANT: \(name) does not verify: \(first)") }
        return report
    }

    func close() async {
        await pool.close()
        await server.connection.close()
    }
}

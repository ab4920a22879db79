import AuditLog
import Billing
import CreditDomain
import EventStore
import Foundation
import Gateway
import Logging
import Postgres
import Sealing
import Verification

/// A log in a database of its own, written and read in this process with the service's own code.
struct BenchLog: Sendable {
    static let log = LogID(1)

    let name: String
    let server: Server
    let signer: LogSigner
    let settings: Settings
    let reader: LogReader
    let pool: PostgresPool
    let keys: KeyEncryptionKeys
    let subjects: SubjectDirectory

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
        let keys = try LogKeyFile.keys(in: options.state)
        let reader = LogReader(
            log: log, origin: signer.origin, pool: pool, keys: SubjectKeys(origin: signer.origin, keys: keys))
        try await reader.createLog(signer: signer)
        return BenchLog(
            name: name, server: try await Server.connect(database: name), signer: signer, settings: settings,
            reader: reader, pool: pool, keys: keys,
            subjects: SubjectDirectory(log: log, origin: signer.origin, pool: pool, keys: keys))
    }

    /// With a new writer of each of these logs at work: one that has ended is not to be used again.
    static func withWriters<Value: Sendable>(
        _ logs: [BenchLog], _ body: @Sendable ([WorkingLog]) async throws -> Value
    ) async throws -> Value {
        let working = try logs.map { log in
            let writer = CreditLedger.Writer(
                log: Self.log, signer: log.signer,
                configuration: try log.settings.database(.gateway, development: true), signal: CommitSignal(),
                logger: logger)
            return WorkingLog(
                writer: writer, ledger: CreditLedger(writer: writer, reader: log.reader), subjects: log.subjects)
        }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for log in working { group.addTask { try await log.writer.run() } }
            for log in working { try await log.waitUntilOpen() }
            let value = try await body(working)
            group.cancelAll()
            try await group.waitForAll()
            return value
        }
    }

    /// Verifies the whole log; a finding ends the run.
    func verify() async throws -> VerificationReport {
        let auditor = PostgresPool(configuration: try settings.database(.auditor, development: true), size: 2)
        let report = try await LogVerifier(log: Self.log, origin: signer.origin, pool: auditor, keys: keys).run()
        await auditor.close()
        if let first = report.findings.kept.first { throw BenchFailure("INVARIANT: \(name) does not verify: \(first)") }
        return report
    }

    func close() async {
        await pool.close()
        await server.connection.close()
    }
}

import AuditLog
import Billing
import BillingTesting
import EventStore
import Foundation
import Logging
import Postgres
import PostgresTesting
import Restoration
import Retention
import RetentionTesting
import Testing
import TransparencyLog

extension Bench {
    /// What signs after a restore.
    static var nextSigner: LogSigner {
        get throws { try LogSigner(NoteSigner(name: KeyName(origin), seed: [UInt8](repeating: 8, count: 32))) }
    }

    var erasures: ErasureLedger { ErasureLedger(writer: writer, reader: reader) }

    func gate(_ folder: URL) throws -> RestoreGate {
        try RestoreGate(path: folder.path, reader: reader, keys: [Self.signer.verifier])
    }

    func ledgerWriter(_ folder: URL) -> LedgerWriter { LedgerWriter(path: folder.path, reader: auditorReader) }

    func begin(_ person: Client.Person) async throws -> UUID {
        let accepted = try await erasures.begin(
            person.tenant, person.handle, stores: [], idempotencyKey: "", by: Client.requester)
        let text = String(decoding: accepted.response, as: UTF8.self)
        let id = try #require(text.firstMatch(of: /"request":"([0-9a-f-]{36})"/)?.1)
        return try #require(UUID(uuidString: String(id)))
    }

    func driver() throws -> ErasureDriver {
        ErasureDriver(
            erasures: erasures, privacy: PrivacyLedger(writer: writer, reader: reader), directory: subjects,
            holds: HoldRegister(reader: reader), vault: vault,
            eraser: Eraser(
                log: Self.log, signer: try Self.signer, configuration: try database.configuration(role: .retention),
                clock: clock.wallClock),
            callBacks: [], patienceSeconds: 0, clock: clock.wallClock, logger: logger)
    }

    /// As the service does, while tiles are built.
    func finish(_ request: UUID, _ driver: ErasureDriver) async throws {
        for _ in 0..<5 {
            if try await driver.advance(request)?.process.isComplete == true { return }
            try await buildTiles()
        }
        Issue.record("the erasure does not end")
    }

    /// With the key that follows.
    func restorer() throws -> Restorer {
        let signer = try Self.nextSigner
        let retention = try database.configuration(role: .retention)
        let driver = ErasureDriver(
            erasures: erasures, privacy: PrivacyLedger(writer: writer, reader: reader), directory: subjects,
            holds: HoldRegister(reader: reader), vault: vault,
            eraser: Eraser(log: Self.log, signer: signer, configuration: retention, clock: clock.wallClock),
            callBacks: [], clock: clock.wallClock, logger: logger)
        return Restorer(
            reader: reader, ledger: ledger, erasures: erasures, driver: driver,
            sweeper: Sweeper(
                log: Self.log, signer: signer, configuration: retention, clock: clock.wallClock, logger: logger),
            vault: vault, staff: nil,
            tiles: TileBuilder(log: Self.log, pool: projectorPool, signal: signal, logger: logger),
            clock: clock.wallClock)
    }

    func plan(_ ledger: Ledger, from: LogPosition) async throws -> RestorePlan {
        try await Restorer.plan(ledger, from: from, reader: reader, erasures: erasures, clock: clock.wallClock)
    }

    func captures(of tenant: TenantID) async throws -> Int64 {
        try await number(
            "SELECT count(*) FROM zentriq.events WHERE class = 'capture' AND tenant_id = '\(tenant.rawValue)'")
    }
}

extension TestDatabase {
    /// Lets the next key sign from here on.
    func handOver() async throws {
        let pool = PostgresPool(configuration: try configuration(role: .owner), size: 1)
        let result: Result<String, any Error>
        do {
            result = .success(try await LogKeyHistory(log: Bench.log, pool: pool).handOver(to: Bench.nextSigner))
        } catch { result = .failure(error) }
        await pool.close()
        _ = try result.get()
    }
}

extension RestorePlan {
    /// In short.
    var words: [String] {
        steps.map { step in
            switch step.action {
            case .adopt(let policy): "adopt \(policy.version)"
            case .place(let hold): "place \(hold.id)"
            case .release(let release): "release \(release.hold)"
            case .erase(let lost): "erase \(lost.begun.request) to \(lost.process.stage?.name ?? "begun")"
            }
        }
    }
}

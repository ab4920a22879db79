package import AuditLog
import Billing
package import BillingTesting
import CreditDomain
package import EventStore
package import Foundation
import Postgres
import PostgresTesting
import Projections
package import Retention
import TransparencyLog
package import Verification

extension Bench {
    /// The policy that the project ships.
    package static func shippedPolicy() throws -> RetentionPolicy {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "schema/retention.json")
        return try RetentionPolicy(parsing: Array(Data(contentsOf: file)))
    }

    @discardableResult
    package func adopt(_ policy: RetentionPolicy? = nil) async throws -> LogPosition? {
        try await PolicyRegister(reader: reader).adopt(
            policy ?? Bench.shippedPolicy(), with: ledger, by: Client.requester)
    }

    package func place(_ scope: LegalHold.Scope, until: EventTime? = nil) async throws -> UUID {
        let hold = try LegalHold(id: UUID(), scope: scope, reason: "case 4711", placedBy: "legal office", until: until)
        try await HoldRegister(reader: reader).place(hold, now: clock.now, with: ledger, by: Client.requester)
        return hold.id
    }

    package func release(_ hold: UUID) async throws {
        try await HoldRegister(reader: reader).release(
            HoldRelease(hold: hold, reason: "case closed", releasedBy: "legal office"), with: ledger,
            by: Client.requester)
    }

    package func sweeper(batch: Int32 = 5_000) throws -> Sweeper {
        var pace = Sweeper.Pace()
        pace.batch = batch
        pace.pauseShare = 0
        return try Sweeper(
            log: Self.log, signer: Self.signer, configuration: database.configuration(role: .retention),
            clock: clock.wallClock, pace: pace, logger: logger)
    }

    @discardableResult
    package func sweep() async throws -> Sweeper.Report {
        try await buildTiles()
        return try await sweeper().run()
    }

    package func buildTiles() async throws {
        try await TileBuilder(log: Self.log, pool: projectorPool, signal: signal, logger: logger).catchUp()
    }

    /// Checks until the last bundle is full, so that nothing is kept for the tree's sake.
    package func fillBundle(_ client: Client) async throws {
        let missing = (256 - Int(try await size() % 256)) % 256
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<missing { group.addTask { try await client.check() } }
            try await group.waitForAll()
        }
        try await buildTiles()
    }

    package func project() async throws {
        let store = ProjectionStore(log: Self.log, pool: projectorPool)
        for projection in ProjectionCatalog.all {
            try await ProjectionRunner(
                projection, store: store, reader: projectorReader, signal: signal, logger: logger
            )
            .catchUp()
        }
    }

    /// - Parameter seen: at an earlier run.
    package func verify(_ seen: SeenCheckpoint? = nil) async throws -> VerificationReport {
        var options = LogVerifier.Options()
        options.seen = seen
        let pool = PostgresPool(configuration: try database.configuration(role: .auditor), size: 2)
        let result: Result<VerificationReport, any Error>
        do {
            result = .success(
                try await LogVerifier(log: Self.log, origin: Self.origin, pool: pool, keys: try Self.keys)
                    .run(options))
        } catch {
            result = .failure(error)
        }
        await pool.close()
        return try result.get()
    }

    /// A number that a query as superuser gives.
    package func number(_ sql: String) async throws -> Int64 {
        let connection = try await database.connect(role: .superuser)
        let number = try await connection.query(Statement(sql)).only().int64(0)
        await connection.close()
        return number
    }
}

// MARK: Races

extension Bench {
    /// Runs `body` while a lock is held, which what `body` is about waits for until it calls the closure it is given.
    package func blocking(
        _ lock: String, _ body: (_ release: () async throws -> Void) async throws -> Void
    ) async throws {
        let blocker = try await database.connect(role: .superuser)
        let result: Result<Void, any Error>
        do {
            try await blocker.script("BEGIN; \(lock)")
            try await body { try await blocker.script("ROLLBACK") }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await blocker.close()
        try result.get()
    }

    /// Returns as soon as so many of the database's sessions wait for a lock.
    package func untilWaiting(_ count: Int64 = 1) async throws {
        let waiting = """
            SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
            """
        while try await number(waiting) < count { try await Task.sleep(for: .milliseconds(5)) }
    }

    package func eraser() throws -> Eraser {
        try Eraser(
            log: Self.log, signer: Self.signer, configuration: database.configuration(role: .retention),
            clock: clock.wallClock)
    }
}

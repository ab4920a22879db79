import BillingTesting
import CreditDomain
import EventStore
import Foundation
import Postgres
import PostgresTesting
import Sealing
import TransparencyLog
import Verification

extension Bench {
    /// Some accounts with a varied history, more than two bundles of it, and the tiles built.
    func tell(seed: UInt64, upTo size: Int64 = 560) async throws -> Story {
        var story = Story(self, accounts: 5, seed: seed)
        while try await self.size() < size { try await story.go(on: 40) }
        try await buildTiles()
        return story
    }

    func buildTiles() async throws {
        try await TileBuilder(log: Self.log, pool: projectorPool, signal: signal, logger: logger).catchUp()
    }

    func verify(_ options: LogVerifier.Options = LogVerifier.Options()) async throws -> VerificationReport {
        try await verify(keys: Self.keys, options)
    }

    func verify(
        keys: KeyEncryptionKeys?, _ options: LogVerifier.Options = LogVerifier.Options()
    ) async throws -> VerificationReport {
        try await withPool(.auditor) { pool in
            try await LogVerifier(log: Self.log, origin: Self.origin, pool: pool, keys: keys).run(options)
        }
    }

    func verify(seen: SeenCheckpoint?) async throws -> VerificationReport {
        var options = LogVerifier.Options()
        options.seen = seen
        return try await verify(options)
    }

    func withPool<Value: Sendable>(
        _ role: TestDatabase.Role, _ body: @Sendable (PostgresPool) async throws -> Value
    ) async throws -> Value {
        let pool = PostgresPool(configuration: try database.configuration(role: role), size: 2)
        let result: Result<Value, any Error>
        do { result = .success(try await body(pool)) } catch { result = .failure(error) }
        await pool.close()
        return try result.get()
    }

    // MARK: Copies

    static let tables = [
        "logs", "events", "streams", "heads", "outcomes", "subject_keys", "bundles", "subtrees", "handovers",
        "cosignatures",
    ]

    /// Keeps all of the log under a name.
    func copy(as name: String) async throws {
        for table in Self.tables {
            try await asSuperuser(
                (Statement("CREATE TABLE public.\(name)_\(table) AS SELECT * FROM zentriq.\(table)"), []))
        }
    }

    /// Puts back what was kept, table by table.
    func restore(_ name: String, _ tables: [String] = tables) async throws {
        for table in tables {
            try await asSuperuser(
                (Statement("DELETE FROM zentriq.\(table)"), []),
                (Statement("INSERT INTO zentriq.\(table) SELECT * FROM public.\(name)_\(table)"), []))
        }
    }
}

import Billing
import EventStore
import Foundation
import Postgres
import Projections
import Sealing
import TortureHistory
import TransparencyLog
import Verification

/// Follows the log from round to round: its rows, its tree, and what is kept of it elsewhere.
actor LogFollower {
    private static let projectionSeconds = 60

    private let world: World
    private let pool: PostgresPool
    private let reader: LogReader
    private let keys: KeyEncryptionKeys
    private var tree = CompactRange()
    private var next = LogPosition(0)
    private var since: EventTime?

    init(world: World) throws {
        self.world = world
        pool = PostgresPool(configuration: try world.database.configuration(), size: 3)
        // Made by the first gateway, in its data folder.
        keys = try KeyFolder(path: world.settings.state + "/data/kek").read()
        reader = LogReader(
            log: World.log, origin: World.origin, pool: pool, keys: SubjectKeys(origin: World.origin, keys: keys))
    }

    func close() async { await pool.close() }

    struct News: Sendable {
        var entries: [LogEntry] = []
        var violations: [Violation] = []
        /// Of the tree at the sizes that were asked for.
        var roots: [UInt64: TreeHash] = [:]
        var size: UInt64 = 0
    }

    /// What came since the last time, with every row hashed anew.
    func read(rootsOf sizes: Set<UInt64>) async throws -> News {
        var news = News()
        let head = try await reader.head()
        if sizes.contains(tree.size) { news.roots[tree.size] = tree.root() }
        let from = next
        while next < head.nextPosition {
            let page = try await reader.all(from: next, since: since, limit: LogReader.maximumPage)
            guard !page.isEmpty else { break }
            for event in page where event.position < head.nextPosition {
                take(event, sizes, &news)
            }
        }
        news.size = tree.size
        if tree.size != head.tree.size || tree.root() != head.root {
            news.violations.append(Violation(.tree, "the head is not that of the rows"))
        }
        try await verify(from: from, &news)
        return news
    }

    private func take(_ event: RecordedEvent, _ sizes: Set<UInt64>, _ news: inout News) {
        if event.position != next {
            news.violations.append(Violation(.history, "position \(next.rawValue) is missing"))
        }
        let commitment = event.computedCommitment(origin: World.origin)
        if commitment != event.commitment {
            news.violations.append(Violation(.tree, "the row at \(event.position.rawValue) is not what it commits to"))
        }
        tree.append(MerkleTree.leafHash(of: commitment))
        if sizes.contains(tree.size) { news.roots[tree.size] = tree.root() }
        do { news.entries.append(try LogEntry(event)) } catch {
            news.violations.append(Violation(.history, "position \(event.position.rawValue): \(error)"))
        }
        next = LogPosition(event.position.rawValue + 1)
        since = event.recordedAt
    }

    // MARK: The service's own verification

    private func verify(from position: LogPosition, _ news: inout News) async throws {
        var options = LogVerifier.Options()
        options.from = position
        let report = try await LogVerifier(log: World.log, origin: World.origin, pool: pool, keys: keys).run(options)
        news.violations += report.findings.kept.map { Violation(.tree, "\($0)") }
    }

    /// The whole log, by everything that can check it.
    func verifyWhole() async throws -> [Violation] {
        let report = try await LogVerifier(log: World.log, origin: World.origin, pool: pool, keys: keys).run()
        let replay = try await Replay(reader: reader).run()
        return report.findings.kept.map { Violation(.tree, "\($0)") }
            + replay.findings.map { Violation(.history, $0) }
    }

    // MARK: What is made from the log

    /// Statement, captures and balances of the accounts, against the fold of their events.
    func compareProjections(_ entries: [LogEntry], of accounts: [Account]) async throws -> [Violation] {
        guard try await areCaughtUp() else {
            return [Violation(.projection, "not caught up after \(Self.projectionSeconds) s")]
        }
        let tenants = Parameter.uuidArray(Array(Set(accounts.map(\.tenant.rawValue))))
        let expected = ProjectedRows(entries)
        var found = ProjectedRows([])
        for row in try await pool.query(Self.statement, [.int4(World.log.rawValue), tenants]) {
            found.statement[try row.int64(0)] = try row.int64(1)
        }
        for row in try await pool.query(Self.captures, [.int4(World.log.rawValue), tenants]) {
            found.captures[try row.int64(0)] = try row.uuid(1)
        }
        for row in try await pool.query(Self.balances, [.int4(World.log.rawValue), tenants]) {
            found.balances["\(try row.uuid(0)) \(try row.string(1))"] = [try row.int64(2), try row.int64(3)]
        }
        var violations: [Violation] = []
        if found.statement != expected.statement { violations.append(Violation(.projection, "the statement differs")) }
        if found.captures != expected.captures { violations.append(Violation(.projection, "the captures differ")) }
        if found.balances != expected.balances { violations.append(Violation(.projection, "the balances differ")) }
        return violations
    }

    private func areCaughtUp() async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(Self.projectionSeconds)
        while ContinuousClock.now < deadline {
            let row = try await pool.query(Self.lag, [.int4(World.log.rawValue), .int8(next.rawValue)]).only()
            if try row.int64(0) == 0 { return true }
            try await Task.sleep(for: .milliseconds(50))
        }
        return false
    }

    private static let lag = Statement(
        "SELECT count(*) FROM zentriq.projections WHERE log_id = $1 AND active AND next_position < $2")
    private static let statement = Statement(
        """
        SELECT position, balance FROM zentriq.credit_statement JOIN zentriq.projections AS p USING (log_id, generation)
        WHERE log_id = $1 AND p.name = 'credit_statement' AND p.active AND tenant_id = ANY ($2)
        """)
    private static let captures = Statement(
        """
        SELECT position, tenant_id FROM zentriq.capture_history JOIN zentriq.projections AS p USING (log_id, generation)
        WHERE log_id = $1 AND p.name = 'capture_history' AND p.active AND tenant_id = ANY ($2)
        """)
    private static let balances = Statement(
        "SELECT tenant_id, product, balance, held FROM zentriq.balances WHERE log_id = $1 AND tenant_id = ANY ($2)")
}

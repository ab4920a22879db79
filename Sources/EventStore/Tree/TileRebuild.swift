package import Logging
package import Postgres
package import TransparencyLog

/// Makes all tiles anew from the rows, and says which were not what the rows give. A bundle whose rows were swept stays
/// as it is: it is all that is left of them.
///
/// Can be interrupted at any point and run again. Readers meanwhile find what they need in the rows.
package struct TileRebuild: Sendable {
    package struct Report: Sendable {
        package var bundles: Int64 = 0
        /// Indices of the bundles that were wrong.
        package var wrong: [Int64] = []
        /// Bundles that could not be compared, because rows are gone.
        package var kept: Int64 = 0
        /// Of the tree that the tiles make up, at ``size``.
        package var root = MerkleTree.emptyRoot
        package var size: UInt64 = 0
        /// Whether that is the head's root.
        package var fitsHead = false
    }

    private static let slice: Int64 = 32
    private static let width = Int64(TileCoordinate.fullWidth)

    let log: LogID
    let pool: PostgresPool
    let logger: Logger

    /// `pool` with the owner's role.
    package init(log: LogID, pool: PostgresPool, logger: Logger) {
        self.log = log
        self.pool = pool
        self.logger = logger
    }

    package func run(
        dryRun: Bool, progress: @Sendable (TileBuilder.Progress) -> Void = { _ in }
    ) async throws -> Report {
        var report = Report()
        let total = try await pool.query(TileBuilder.countBundles, [.int4(log.rawValue)]).only().int64(0)
        while report.bundles < total {
            try Task.checkCancellation()
            let next = min(report.bundles + Self.slice, total)
            try await compare(report.bundles..<next, dryRun: dryRun, in: &report)
            report.bundles = next
            progress(TileBuilder.Progress(done: next, total: total))
        }
        if !dryRun {
            _ = try await pool.query(Self.dropSubtrees, [.int4(log.rawValue)])
            let builder = TileBuilder(log: log, pool: pool, signal: CommitSignal(), logger: logger)
            try await builder.catchUp(progress: progress)
        }
        let head = try await pool.withConnection { connection in
            try await LogDatabase(log: log, connection: connection, deadline: .seconds(10)).readHead()
        }
        report.size = head.tree.size
        report.root = try await TreeReader(log: log, pool: pool).root(size: head.tree.size)
        report.fitsHead = report.root == head.root
        return report
    }

    private func compare(_ bundles: Range<Int64>, dryRun: Bool, in report: inout Report) async throws {
        let positions = bundles.lowerBound * Self.width..<bundles.upperBound * Self.width
        var entries: [Int64: [UInt8]] = [:]
        for row in try await pool.query(
            TreeReader.commitments,
            [.int4(log.rawValue), .int8(positions.lowerBound), .int8(positions.upperBound)])
        {
            entries[try row.int64(0) / Self.width, default: []] += try row.bytes(1)
        }
        for index in bundles {
            guard let made = entries[index], made.count == Int(Self.width) * TreeHash.byteCount else {
                report.kept += 1
                continue
            }
            let isRight = try await pool.query(
                Self.holds, [.int4(log.rawValue), .int8(index), .bytea(made)]
            ).only().bool(0)
            if isRight { continue }
            report.wrong.append(index)
            if !dryRun { _ = try await pool.query(Self.put, [.int4(log.rawValue), .int8(index), .bytea(made)]) }
        }
    }

    private static let dropSubtrees = Statement("DELETE FROM zentriq.subtrees WHERE log_id = $1")
    private static let holds = Statement(
        "SELECT EXISTS (SELECT FROM zentriq.bundles WHERE log_id = $1 AND index = $2 AND entries = $3)")
    private static let put = Statement(
        """
        INSERT INTO zentriq.bundles (log_id, index, entries) VALUES ($1, $2, $3)
        ON CONFLICT (log_id, index) DO UPDATE SET entries = excluded.entries
        """)
}

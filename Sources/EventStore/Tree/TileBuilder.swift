import Foundation
package import Logging
package import Postgres
import ServiceLifecycle
import TransparencyLog

/// Builds full tiles behind the head, from the commitments in the rows. What is built never changes: two builders at
/// once do the same work twice, and one that was killed goes on where the last one stopped.
package struct TileBuilder: Service {
    package struct Progress: Sendable {
        /// Full bundles there are, and should be.
        package let done: Int64
        package let total: Int64
    }

    /// Bundles that are made in one transaction: 8 KiB each.
    private static let slice: Int64 = 32
    private static let pollInterval = Duration.seconds(1)
    /// While events keep coming, tiles are built once a second: until then they are read from the rows.
    private static let pace = Duration.seconds(1)
    private static let pauseAfterFailure = Duration.seconds(5)
    private static let width = Int64(TileCoordinate.fullWidth)
    /// The roots of trees of 2^63 entries need no more.
    private static let levels: ClosedRange<Int16> = 1...7

    let log: LogID
    let pool: PostgresPool
    let signal: CommitSignal
    let logger: Logger

    /// `pool` with the projector's role.
    package init(log: LogID, pool: PostgresPool, signal: CommitSignal, logger: Logger) {
        self.log = log
        self.pool = pool
        self.signal = signal
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    let built = try await catchUp()
                    try await Task.sleep(for: Self.pace)
                    await signal.wait(beyond: (built + 1) * Self.width - 1, atMost: Self.pollInterval)
                } catch {
                    if Task.isCancelled { return }
                    logger.error("tiles could not be built", metadata: ["error": "\(error)"])
                    try? await Task.sleep(for: Self.pauseAfterFailure)
                }
            }
        }
    }

    /// Builds all tiles that are full, and tells how many bundles there are.
    @discardableResult
    package func catchUp(progress: @Sendable (Progress) -> Void = { _ in }) async throws -> Int64 {
        let total = try await pool.query(Self.size, [.int4(log.rawValue)]).only().int64(0) / Self.width
        var done = try await pool.query(Self.countBundles, [.int4(log.rawValue)]).only().int64(0)
        while done < total, !Task.isCancelled {
            let next = min(done + Self.slice, total)
            try await buildBundles(done..<next)
            done = next
            progress(Progress(done: done, total: total))
        }
        for level in Self.levels where !Task.isCancelled {
            if try await buildSubtrees(level) == 0 { break }
        }
        return done
    }

    private func buildBundles(_ bundles: Range<Int64>) async throws {
        let positions = bundles.lowerBound * Self.width..<bundles.upperBound * Self.width
        let entries = try TreeHash.commitments(
            try await pool.query(
                TreeReader.commitments,
                [.int4(log.rawValue), .int8(positions.lowerBound), .int8(positions.upperBound)]), of: positions)
        var content: [[UInt8]] = []
        for start in stride(from: 0, to: entries.count, by: Int(Self.width)) {
            content.append(entries[start..<start + Int(Self.width)].flatMap(\.bytes))
        }
        _ = try await pool.query(
            Self.addBundles, [.int4(log.rawValue), .int8(bundles.lowerBound), .byteaArray(content)])
    }

    /// Adds the roots of what became full at the level below; returns how many the level has.
    private func buildSubtrees(_ level: Int16) async throws -> Int64 {
        let below =
            level == 1
            ? try await pool.query(Self.countBundles, [.int4(log.rawValue)]).only().int64(0)
            : try await countSubtrees(level - 1) / Self.width
        var done = try await countSubtrees(level)
        let reader = TreeReader(log: log, pool: pool)
        while done < below, !Task.isCancelled {
            let next = min(done + Self.slice, below)
            var roots: [[UInt8]] = []
            for index in done..<next {
                guard let coordinate = TileCoordinate(level: Int(level) - 1, index: UInt64(index)),
                    let root = try await reader.tile(coordinate).root
                else { throw LogError.corrupt("tile \(index) of level \(level - 1) is not full") }
                roots.append(root.bytes)
            }
            _ = try await pool.query(
                Self.addSubtrees, [.int4(log.rawValue), .int2(level), .int8(done), .byteaArray(roots)])
            done = next
        }
        return done
    }

    private func countSubtrees(_ level: Int16) async throws -> Int64 {
        try await pool.query(Self.countSubtrees, [.int4(log.rawValue), .int2(level)]).only().int64(0)
    }
}

extension TileBuilder {
    private static let size = Statement("SELECT size FROM zentriq.read_head($1)")
    static let countBundles = Statement(
        "SELECT coalesce(max(index) + 1, 0) FROM zentriq.bundles WHERE log_id = $1")
    private static let countSubtrees = Statement(
        "SELECT coalesce(max(index) + 1, 0) FROM zentriq.subtrees WHERE log_id = $1 AND level = $2")
    private static let addBundles = Statement("SELECT zentriq.add_bundles($1, $2, $3)")
    private static let addSubtrees = Statement("SELECT zentriq.add_subtrees($1, $2, $3, $4)")
}

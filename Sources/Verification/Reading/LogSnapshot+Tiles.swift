import EventStore
import Postgres
import TransparencyLog

/// The tiles as they are kept.
struct StoredTiles: Sendable {
    /// By index, the entries of a bundle.
    var bundles: [Int64: [UInt8]] = [:]
    var subtrees: [SubtreePlace: [UInt8]] = [:]
}

/// The place of the root of a full tile: 256^level entries, numbered from 0.
struct SubtreePlace: Sendable, Hashable {
    let level: Int
    let index: Int64
}

/// How far tiles are built: behind the head, so there may be fewer than the size of the log gives.
struct TileExtent: Sendable {
    /// The newest at each level, level 0 being that of bundles; -1 if there is none.
    var newest: [Int64]
    /// How many there are that the log has no entries for, and the first.
    var surplus: [(count: Int64, first: Int64?)]
}

extension LogSnapshot {
    static let levels = 0...7

    /// The bundles and subtree roots that are complete somewhere in these positions.
    func tiles(completedIn positions: Range<Int64>) async throws -> StoredTiles {
        var tiles = StoredTiles()
        // A bundle that begins or ends outside is compared in part.
        let bundles = positions.lowerBound >> 8..<(positions.upperBound + 255) >> 8
        for row in try await query(Self.bundles, .int8(bundles.lowerBound), .int8(bundles.upperBound)) {
            tiles.bundles[try row.int64(0)] = try row.bytes(1)
        }
        for level in Self.levels.dropFirst() {
            let indices = positions.lowerBound >> Int64(8 * level)..<positions.upperBound >> Int64(8 * level)
            guard !indices.isEmpty else { break }
            let rows = try await query(
                Self.subtrees, .int2(Int16(level)), .int8(indices.lowerBound), .int8(indices.upperBound))
            for row in rows {
                tiles.subtrees[SubtreePlace(level: level, index: try row.int64(0))] = try row.bytes(1)
            }
        }
        return tiles
    }

    func tileExtent(size: Int64) async throws -> TileExtent {
        var extent = TileExtent(newest: [], surplus: [])
        for level in Self.levels {
            let full = size >> Int64(8 * max(level, 1))
            let row =
                level == 0
                ? try await query(Self.bundleExtent, .int8(full)).only()
                : try await query(Self.subtreeExtent, .int8(full), .int2(Int16(level))).only()
            extent.newest.append(try row.int64(0))
            extent.surplus.append((try row.int64(1), try row.optionalInt64(2)))
        }
        return extent
    }

    private static let bundles = Statement(
        "SELECT index, entries FROM zentriq.bundles WHERE log_id = $1 AND index >= $2 AND index < $3")
    private static let subtrees = Statement(
        "SELECT index, hash FROM zentriq.subtrees WHERE log_id = $1 AND level = $2 AND index >= $3 AND index < $4")
    private static let extentColumns = """
        coalesce(max(index), -1), count(*) FILTER (WHERE index < 0 OR index >= $2),
        min(index) FILTER (WHERE index < 0 OR index >= $2)
        """
    private static let bundleExtent = Statement(
        "SELECT \(extentColumns) FROM zentriq.bundles WHERE log_id = $1")
    private static let subtreeExtent = Statement(
        "SELECT \(extentColumns) FROM zentriq.subtrees WHERE log_id = $1 AND level = $3")
}

package import Postgres
package import TransparencyLog

/// Reads the tree of the log: entries, tiles and proofs. Where the builder of tiles has not been yet, and beyond the
/// last full one, it reads the commitments in the rows.
///
/// Sizes that are asked for must not be larger than the log is; ``LogReader/head()`` tells.
package struct TreeReader: Sendable {
    /// Bundles that may be read from rows for one answer: how far the builder may be behind.
    package static let maximumLag: UInt64 = 256

    let log: LogID
    let pool: PostgresPool

    package init(log: LogID, pool: PostgresPool) {
        self.log = log
        self.pool = pool
    }

    package init(reader: LogReader) {
        self.init(log: reader.log, pool: reader.pool)
    }

    /// The entries of a bundle, the first `width` of them.
    package func entries(_ index: UInt64, width: Int = TileCoordinate.fullWidth) async throws -> [TreeHash] {
        if let row = try await pool.query(Self.bundle, [.int4(log.rawValue), .int8(Int64(index))]).first {
            return try TreeHash.list(try row.bytes(0), atLeast: width)
        }
        let start = Int64(index) * Int64(TileCoordinate.fullWidth)
        return try await commitments(start..<start + Int64(width))
    }

    /// The hashes of a tile, as it is in a tree that gives it this width.
    package func tile(_ coordinate: TileCoordinate, width: Int = TileCoordinate.fullWidth) async throws -> HashTile {
        let hashes =
            coordinate.level == 0
            ? try await entries(coordinate.index, width: width).map { MerkleTree.leafHash(of: $0) }
            : try await subtrees(coordinate, width: width)
        guard let tile = HashTile(hashes) else { throw LogError.corrupt("there is no tile of width \(width)") }
        return tile
    }

    /// The proof that the leaf is in the tree of that size (RFC 9162 section 2.1.3).
    package func inclusionProof(ofLeafAt index: UInt64, size: UInt64) async throws -> [TreeHash] {
        try await path(ProofPlan.inclusion(ofLeafAt: index, size: size), size: size)
    }

    /// The same for many leaves, with each tile read once.
    package func inclusionProofs(ofLeavesAt indices: [UInt64], size: UInt64) async throws -> [[TreeHash]] {
        let plans = try indices.map { index in
            guard let plan = ProofPlan.inclusion(ofLeafAt: index, size: size) else {
                throw LogError.corrupt("there is no such proof in a tree of size \(size)")
            }
            return plan
        }
        let hash = try await hashes(of: plans, size: size)
        return try plans.map { try $0.path(hash) }
    }

    /// The proof that the tree of the first size became that of the second (section 2.1.4).
    package func consistencyProof(from first: UInt64, to second: UInt64) async throws -> [TreeHash] {
        try await path(ProofPlan.consistency(from: first, to: second), size: second)
    }

    /// The root of the tree as it was at a size.
    package func root(size: UInt64) async throws -> TreeHash {
        guard size > 0 else { return MerkleTree.emptyRoot }
        guard let root = try await path(ProofPlan.root(size: size), size: size).first else {
            throw LogError.corrupt("there is no tree of size \(size)")
        }
        return root
    }

    /// The tree as it was at a size, to be grown further.
    package func compactRange(size: UInt64) async throws -> CompactRange {
        guard size > 0, let plan = ProofPlan.root(size: size) else { return CompactRange() }
        let hashes = try await hashes(of: plan, size: size)
        return try CompactRange(size: size, nodes: try plan.nodes.map(hashes))
    }

    private func path(_ plan: ProofPlan?, size: UInt64) async throws -> [TreeHash] {
        guard let plan else { throw LogError.corrupt("there is no such proof in a tree of size \(size)") }
        return try plan.path(try await hashes(of: plan, size: size))
    }

    /// Fetches what a plan needs.
    private func hashes(of plan: ProofPlan, size: UInt64) async throws -> (TreeNode) throws -> TreeHash {
        try await hashes(of: [plan], size: size)
    }

    private func hashes(of plans: [ProofPlan], size: UInt64) async throws -> (TreeNode) throws -> TreeHash {
        var tiles: [TileCoordinate: HashTile] = [:]
        for tile in plans.flatMap({ $0.tiles(inTreeOf: size) }) where tiles[tile.coordinate] == nil {
            tiles[tile.coordinate] = try await self.tile(tile.coordinate, width: tile.width)
        }
        return { [tiles] node in
            guard let tile = node.tile, let hash = tiles[tile]?.hash(of: node) else {
                throw LogError.corrupt("a tile lacks the hash at level \(node.level), index \(node.index)")
            }
            return hash
        }
    }

    /// Roots of full tiles of the level below: what a tile above level 0 consists of.
    private func subtrees(_ coordinate: TileCoordinate, width: Int) async throws -> [TreeHash] {
        let first = coordinate.index * UInt64(TileCoordinate.fullWidth)
        var hashes = try await pool.query(
            Self.subtrees,
            [
                .int4(log.rawValue), .int2(Int16(coordinate.level)), .int8(Int64(first)), .int4(Int32(width)),
            ]
        ).map { try TreeHash.one(try $0.bytes(0)) }
        let missing = first + UInt64(hashes.count)..<first + UInt64(width)
        guard missing.count <= Self.maximumLag else { throw LogError.unavailable }
        for index in missing {
            guard let below = TileCoordinate(level: coordinate.level - 1, index: index),
                let root = try await tile(below).root
            else { throw LogError.corrupt("there is no tile below level \(coordinate.level)") }
            hashes.append(root)
        }
        return hashes
    }

    private func commitments(_ positions: Range<Int64>) async throws -> [TreeHash] {
        let rows = try await pool.query(
            Self.commitments, [.int4(log.rawValue), .int8(positions.lowerBound), .int8(positions.upperBound)])
        return try TreeHash.commitments(rows, of: positions)
    }
}

extension TreeReader {
    static let bundle = Statement("SELECT entries FROM zentriq.bundles WHERE log_id = $1 AND index = $2")
    static let subtrees = Statement(
        "SELECT hash FROM zentriq.subtrees WHERE log_id = $1 AND level = $2 AND index >= $3 ORDER BY index LIMIT $4")
    static let commitments = Statement("SELECT position, commitment FROM zentriq.commitments($1, $2, $3)")
}

extension TreeHash {
    /// The commitments of all these positions, none missing.
    static func commitments(_ rows: Rows, of positions: Range<Int64>) throws -> [TreeHash] {
        var hashes: [TreeHash] = []
        hashes.reserveCapacity(rows.count)
        for row in rows {
            guard try row.int64(0) == positions.lowerBound + Int64(hashes.count) else { break }
            hashes.append(try one(try row.bytes(1)))
        }
        guard hashes.count == positions.count else {
            throw LogError.corrupt("position \(positions.lowerBound + Int64(hashes.count)) is missing")
        }
        return hashes
    }

    static func one(_ bytes: [UInt8]) throws(LogError) -> TreeHash {
        guard let hash = TreeHash(bytes) else { throw .corrupt("a hash does not have 32 bytes") }
        return hash
    }

    static func list(_ bytes: [UInt8], atLeast count: Int) throws(LogError) -> [TreeHash] {
        guard bytes.count >= count * TreeHash.byteCount,
            let tile = HashTile(parsing: bytes.prefix(count * TreeHash.byteCount), width: count)
        else { throw .corrupt("a bundle does not have \(count) entries") }
        return tile.hashes
    }
}

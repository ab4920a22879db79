/// Which tiles a tree of a size has (tlog-tiles, "Partial Tiles").
public struct TileLayout: Sendable, Equatable {
    /// The number of leaves.
    public let size: UInt64

    public init(size: UInt64) {
        self.size = size
    }

    /// How many levels have at least one hash: 0 for the empty tree, at most 8.
    public var levelCount: Int {
        (UInt64.bitWidth - size.leadingZeroBitCount + TileCoordinate.height - 1) / TileCoordinate.height
    }

    /// How many full tiles a level has: those with indices 0 up to it.
    public func fullTileCount(atLevel level: Int) -> UInt64 {
        TileCoordinate.hashCount(atLevel: level, inTreeOf: size) / UInt64(TileCoordinate.fullWidth)
    }

    /// The width of the partial tile at the end of a level: floor(size / 256^level) mod 256. There is none if it is 0.
    public func partialWidth(atLevel level: Int) -> Int {
        Int(TileCoordinate.hashCount(atLevel: level, inTreeOf: size) % UInt64(TileCoordinate.fullWidth))
    }

    /// The partial tiles of hashes, at most one for each level, the lowest first.
    public var partialTiles: [TilePath] {
        (0..<levelCount).compactMap { level in
            TileCoordinate(level: level, index: fullTileCount(atLevel: level)).flatMap {
                TilePath(tile: $0, width: partialWidth(atLevel: level))
            }
        }
    }

    /// The partial entry bundle, if there is one.
    public var partialEntries: TilePath? {
        TilePath(entries: fullTileCount(atLevel: 0), width: partialWidth(atLevel: 0))
    }

    /// The indices, on a level, of the tiles that became full since the tree had an earlier size. Those are to be made
    /// once and never change.
    public func completedTiles(atLevel level: Int, since earlier: TileLayout) -> Range<UInt64> {
        let end = fullTileCount(atLevel: level)
        return min(earlier.fullTileCount(atLevel: level), end)..<end
    }
}

extension ProofPlan {
    /// The tiles from which the plan's nodes come, each once, as they are in a tree of `size` leaves.
    ///
    /// A full tile may stand for a partial one that is no longer served.
    public func tiles(inTreeOf size: UInt64) -> [TilePath] {
        var seen: Set<TileCoordinate> = []
        return nodes.compactMap { node in
            guard let tile = node.tile, seen.insert(tile).inserted else { return nil }
            return TilePath(tile: tile, width: tile.width(inTreeOf: size))
        }
    }
}

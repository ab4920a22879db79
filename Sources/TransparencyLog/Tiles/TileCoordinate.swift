/// The place of a tile, whatever its width: the hashes n · 256 to n · 256 + 255 of a level (tlog-tiles, "Merkle Tree").
public struct TileCoordinate: Sendable, Hashable {
    /// How many hashes, or entries, a full tile has.
    public static let fullWidth = 256
    /// How many levels of the tree a tile spans: 256 = 2^8.
    static let height = 8
    /// The highest level that a path may name. No tree of 64-bit size has more than eight levels of tiles.
    public static let maximumLevel = 63
    /// The highest index such that the hashes of the tile have 64-bit numbers.
    public static let maximumIndex = UInt64.max >> UInt64(height)

    public let level: Int
    public let index: UInt64

    /// Nil beyond the greatest level or index.
    public init?(level: Int, index: UInt64) {
        guard (0...Self.maximumLevel).contains(level), index <= Self.maximumIndex else { return nil }
        self.level = level
        self.index = index
    }

    /// How many hashes the tile has in a tree of `size` leaves: 0 to 256.
    ///
    /// Narrower tiles at the same place, from when the tree was smaller, begin with the same hashes.
    public func width(inTreeOf size: UInt64) -> Int {
        let hashes = Self.hashCount(atLevel: level, inTreeOf: size)
        let start = index << UInt64(Self.height)
        return hashes > start ? Int(min(hashes - start, UInt64(Self.fullWidth))) : 0
    }

    /// floor(size / 256^level): how many hashes the tiles of a level have together.
    public static func hashCount(atLevel level: Int, inTreeOf size: UInt64) -> UInt64 {
        // A smart shift: 64 bits or more give 0.
        size >> (height * level)
    }
}

extension TreeNode {
    /// The tile that holds the node, or the hashes it is made from. Nil for a node that no 64-bit tree has.
    public var tile: TileCoordinate? { placeInTile?.tile }

    /// The node's tile, and the hashes in it whose tree has this node as root.
    var placeInTile: (tile: TileCoordinate, hashes: Range<Int>)? {
        guard level >= 0 else { return nil }
        let (tileLevel, height) = level.quotientAndRemainder(dividingBy: TileCoordinate.height)
        guard index <= UInt64.max >> UInt64(height) else { return nil }
        // The number, on the level of tiles, of the first hash that the node is made from.
        let first = index << UInt64(height)
        guard let tile = TileCoordinate(level: tileLevel, index: first >> UInt64(TileCoordinate.height)) else {
            return nil
        }
        let start = Int(first % UInt64(TileCoordinate.fullWidth))
        return (tile, start..<start + 1 << height)
    }
}

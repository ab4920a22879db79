/// The content of a tile: 1 to 256 hashes, one after another (tlog-tiles, "Merkle Tree").
public struct HashTile: Sendable, Equatable {
    public let hashes: [TreeHash]

    /// Nil for no hash and for more than 256.
    public init?(_ hashes: [TreeHash]) {
        guard (1...TileCoordinate.fullWidth).contains(hashes.count) else { return nil }
        self.hashes = hashes
    }

    /// Reads a tile of a known width. Nil if that is not its length.
    public init?(parsing bytes: some Collection<UInt8>, width: Int) {
        guard (1...TileCoordinate.fullWidth).contains(width), bytes.count == width * TreeHash.byteCount else {
            return nil
        }
        let bytes = Array(bytes)
        hashes = bytes.withUnsafeBytes { buffer in
            stride(from: 0, to: buffer.count, by: TreeHash.byteCount).map {
                TreeHash(unchecked: .init(rebasing: buffer[$0..<$0 + TreeHash.byteCount]))
            }
        }
    }

    /// 32 bytes a hash; a full tile has 8,192.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(hashes.count * TreeHash.byteCount)
        for hash in hashes { hash.withUnsafeBytes { bytes.append(contentsOf: $0) } }
        return bytes
    }

    /// The hash that the tile above holds for this one. Nil unless the tile is full: a partial one is never hashed
    /// upward.
    public var root: TreeHash? {
        hashes.count == TileCoordinate.fullWidth ? MerkleTree.root(of: hashes) : nil
    }

    /// The hash of a node of which this is the tile, `TreeNode.tile`. Nil if the tile is too narrow to have it.
    public func hash(of node: TreeNode) -> TreeHash? {
        guard let place = node.placeInTile, place.hashes.upperBound <= hashes.count else { return nil }
        return MerkleTree.root(of: hashes[place.hashes])
    }
}

/// The content of an entry bundle: 1 to 256 entries, each after its length in two bytes, big-endian (tlog-tiles, "Log
/// entries"). Each hashes to the hash at its place in the tile of level 0.
public struct EntryBundle: Sendable, Equatable {
    public static let maximumEntryByteCount = Int(UInt16.max)

    public let entries: [[UInt8]]

    /// Nil for no entry, more than 256, and an entry that is too long.
    public init?(_ entries: [[UInt8]]) {
        guard (1...TileCoordinate.fullWidth).contains(entries.count),
            entries.allSatisfy({ $0.count <= Self.maximumEntryByteCount })
        else { return nil }
        self.entries = entries
    }

    /// Reads a bundle of a known width. Nil if it holds fewer or more entries, or breaks off.
    public init?(parsing bytes: some Collection<UInt8>, width: Int) {
        guard (1...TileCoordinate.fullWidth).contains(width),
            bytes.count <= width * (MemoryLayout<UInt16>.size + Self.maximumEntryByteCount)
        else { return nil }
        var rest = Array(bytes)[...]
        var entries: [[UInt8]] = []
        while let high = rest.popFirst() {
            guard entries.count < width, let low = rest.popFirst() else { return nil }
            let length = Int(high) << 8 | Int(low)
            guard length <= rest.count else { return nil }
            entries.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        guard entries.count == width else { return nil }
        self.entries = entries
    }

    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.reduce(0) { $0 + MemoryLayout<UInt16>.size + $1.count })
        for entry in entries {
            bytes.append(UInt8(truncatingIfNeeded: entry.count >> 8))
            bytes.append(UInt8(truncatingIfNeeded: entry.count))
            bytes.append(contentsOf: entry)
        }
        return bytes
    }

    /// The tile of level 0 that belongs to the bundle.
    public var tile: HashTile? {
        HashTile(entries.map { MerkleTree.leafHash(of: $0) })
    }
}

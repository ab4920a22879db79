import Crypto

/// The Merkle tree hash of RFC 9162 section 2.1 with SHA-256.
public enum MerkleTree {
    /// The root of the tree without leaves: SHA-256 of nothing.
    public static let emptyRoot = hash { _ in }

    /// SHA-256(0x00 ‖ entry).
    public static func leafHash(of entry: some Collection<UInt8>) -> TreeHash {
        let hashed = entry.withContiguousStorageIfAvailable { leafHash(contiguous: UnsafeRawBufferPointer($0)) }
        return hashed ?? Array(entry).withUnsafeBytes(leafHash(contiguous:))
    }

    /// SHA-256(0x00 ‖ entry) of an entry that is itself a hash, as every entry of this project's log is.
    public static func leafHash(of entry: TreeHash) -> TreeHash {
        withUnsafeTemporaryAllocation(byteCount: 1 + TreeHash.byteCount, alignment: 1) { leaf in
            leaf[0] = 0x00
            entry.withUnsafeBytes { leaf[1...].copyBytes(from: $0) }
            return hash { $0.update(bufferPointer: UnsafeRawBufferPointer(leaf)) }
        }
    }

    /// SHA-256(0x01 ‖ left ‖ right).
    public static func nodeHash(_ left: TreeHash, _ right: TreeHash) -> TreeHash {
        withUnsafeTemporaryAllocation(byteCount: 1 + 2 * TreeHash.byteCount, alignment: 1) { node in
            node[0] = 0x01
            left.withUnsafeBytes { node[1...].copyBytes(from: $0) }
            right.withUnsafeBytes { node[(1 + TreeHash.byteCount)...].copyBytes(from: $0) }
            return hash { $0.update(bufferPointer: UnsafeRawBufferPointer(node)) }
        }
    }

    /// The root over leaf hashes, by the recursion of RFC 9162 section 2.1.1.
    ///
    /// The reference against which faster ways are tested; it reads every leaf.
    public static func root(of leaves: [TreeHash]) -> TreeHash {
        root(of: leaves[...])
    }

    static func root(of leaves: ArraySlice<TreeHash>) -> TreeHash {
        switch leaves.count {
        case 0: return emptyRoot
        case 1: return leaves[leaves.startIndex]
        case let count:
            let split = leaves.startIndex + splitPoint(of: count)
            return nodeHash(root(of: leaves[..<split]), root(of: leaves[split...]))
        }
    }

    /// The greatest power of two below `count`: where a tree of two or more leaves divides.
    static func splitPoint(of count: Int) -> Int {
        1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
    }

    static func hash(_ feed: (inout SHA256) -> Void) -> TreeHash {
        var hasher = SHA256()
        feed(&hasher)
        return hasher.finalize().withUnsafeBytes(TreeHash.init(unchecked:))
    }

    private static func leafHash(contiguous entry: UnsafeRawBufferPointer) -> TreeHash {
        hash { hasher in
            withUnsafeBytes(of: UInt8(0x00)) { hasher.update(bufferPointer: $0) }
            hasher.update(bufferPointer: entry)
        }
    }
}

/// What a tree must remember to grow: the roots of its perfect subtrees, one for each bit set in its size.
///
/// Appending costs one hash on average and the root at most 63, whatever the size.
public struct CompactRange: Sendable, Equatable {
    /// Sizes are signed 64-bit numbers where they are stored.
    public static let maximumSize = UInt64(Int64.max)

    /// The number of leaves.
    public private(set) var size: UInt64

    /// The roots of the perfect subtrees, the largest first.
    public private(set) var nodes: [TreeHash]

    /// The empty tree.
    public init() {
        size = 0
        nodes = []
    }

    /// Takes up a tree of which these subtree roots were kept, the largest first.
    ///
    /// Only the number of nodes can be checked. That they are the right ones shows when `root()` is compared with a
    /// root that was signed.
    public init(size: UInt64, nodes: [TreeHash]) throws(CompactRangeError) {
        guard size <= Self.maximumSize else { throw .sizeTooLarge(size) }
        guard nodes.count == size.nonzeroBitCount else {
            throw .wrongNodeCount(expected: size.nonzeroBitCount, actual: nodes.count)
        }
        self.size = size
        self.nodes = nodes
    }

    /// Adds one leaf hash at the end.
    ///
    /// - Precondition: the size is below `maximumSize`.
    public mutating func append(_ leaf: TreeHash) {
        precondition(size < Self.maximumSize)
        var node = leaf
        // Each trailing one bit of the size is a perfect subtree that the new leaf completes to one twice as large.
        for _ in 0..<(~size).trailingZeroBitCount {
            node = MerkleTree.nodeHash(nodes.removeLast(), node)
        }
        nodes.append(node)
        size += 1
    }

    /// The root of the tree, RFC 9162 section 2.1.1.
    public func root() -> TreeHash {
        guard var root = nodes.last else { return MerkleTree.emptyRoot }
        for node in nodes.dropLast().reversed() {
            root = MerkleTree.nodeHash(node, root)
        }
        return root
    }
}

extension CompactRange {
    /// The nodes one after another, 32 bytes each; the size is stored beside them.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(nodes.count * TreeHash.byteCount)
        for node in nodes {
            node.withUnsafeBytes { bytes.append(contentsOf: $0) }
        }
        return bytes
    }

    /// Reads what `encoded()` wrote for a tree of this size.
    public init(size: UInt64, encoded bytes: some Collection<UInt8>) throws(CompactRangeError) {
        let bytes = Array(bytes)
        guard bytes.count.isMultiple(of: TreeHash.byteCount) else { throw .wrongByteCount(bytes.count) }
        let nodes = stride(from: 0, to: bytes.count, by: TreeHash.byteCount).map { start in
            bytes.withUnsafeBytes { TreeHash(unchecked: .init(rebasing: $0[start..<start + TreeHash.byteCount])) }
        }
        try self.init(size: size, nodes: nodes)
    }
}

/// Why a stored compact range was refused.
public enum CompactRangeError: Error, Sendable, Equatable {
    /// A tree has one node for each bit set in its size.
    case wrongNodeCount(expected: Int, actual: Int)
    /// Not a whole number of hashes.
    case wrongByteCount(Int)
    case sizeTooLarge(UInt64)
}

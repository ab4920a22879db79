/// Which hashes a proof is made of, found without holding a leaf.
///
/// A plan is a pure value: it says which nodes to fetch, from tiles, a table or memory, and `path` then puts them
/// together. It needs at most two nodes for each level of the tree.
public struct ProofPlan: Sendable, Equatable {
    /// For each hash of the path, from the leaf up: the perfect subtrees whose roots make it, the largest first.
    public let steps: [[TreeNode]]

    /// All nodes to fetch.
    public var nodes: [TreeNode] { steps.flatMap(\.self) }

    /// The inclusion proof of a leaf (RFC 9162 section 2.1.3.1). Nil if the tree has no such leaf, or is larger than
    /// `CompactRange.maximumSize`.
    public static func inclusion(ofLeafAt index: UInt64, size: UInt64) -> ProofPlan? {
        guard index < size, size <= CompactRange.maximumSize else { return nil }
        var steps: [[TreeNode]] = []
        var subtree = 0..<size
        while subtree.count64 > 1 {
            let split = splitPoint(of: subtree)
            let (left, right) = (subtree.lowerBound..<split, split..<subtree.upperBound)
            steps.append(TreeNode.covering(index < split ? right : left))
            subtree = index < split ? left : right
        }
        return ProofPlan(steps: steps.reversed())
    }

    /// The proof that the tree grew from one size to another (section 2.1.4.1). Empty from size 0, and between equal
    /// sizes. Nil if the sizes are the wrong way round, or larger than `CompactRange.maximumSize`.
    public static func consistency(from first: UInt64, to second: UInt64) -> ProofPlan? {
        guard first <= second, second <= CompactRange.maximumSize else { return nil }
        guard first > 0 else { return ProofPlan(steps: []) }
        var steps: [[TreeNode]] = []
        var subtree = 0..<second
        while first < subtree.upperBound {
            let split = splitPoint(of: subtree)
            let (left, right) = (subtree.lowerBound..<split, split..<subtree.upperBound)
            steps.append(TreeNode.covering(first <= split ? right : left))
            subtree = first <= split ? left : right
        }
        // The verifier knows the first root; only where that is no subtree of the second does the path begin with one.
        if subtree.lowerBound > 0 { steps.append(TreeNode.covering(subtree)) }
        return ProofPlan(steps: steps.reversed())
    }

    /// The root of a tree, as a path of one hash. Nil for the empty tree, and beyond `CompactRange.maximumSize`.
    public static func root(size: UInt64) -> ProofPlan? {
        guard size > 0, size <= CompactRange.maximumSize else { return nil }
        return ProofPlan(steps: [TreeNode.covering(0..<size)])
    }

    /// The proof, from the leaf up.
    ///
    /// - Parameter hash: the hash of a node. It is asked for every element of `nodes`, in their order.
    public func path<Failure: Error>(
        _ hash: (TreeNode) throws(Failure) -> TreeHash
    ) throws(Failure) -> [TreeHash] {
        var path: [TreeHash] = []
        for step in steps {
            var hashes: [TreeHash] = []
            for node in step { hashes.append(try hash(node)) }
            var folded = hashes.removeLast()
            while let left = hashes.popLast() { folded = MerkleTree.nodeHash(left, folded) }
            path.append(folded)
        }
        return path
    }

    private static func splitPoint(of range: Range<UInt64>) -> UInt64 {
        range.lowerBound + 1 << UInt64(UInt64.bitWidth - 1 - (range.count64 - 1).leadingZeroBitCount)
    }
}

extension Range<UInt64> {
    /// The length, also where an `Int` could not hold it.
    fileprivate var count64: UInt64 { upperBound - lowerBound }
}

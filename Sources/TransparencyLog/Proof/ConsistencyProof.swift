/// Proofs that a tree only grew: that the first leaves of the later one are the earlier one, RFC 9162 section 2.1.4.
public enum ConsistencyProof {
    /// The proof between the tree over the first `size` leaves and the tree over all (section 2.1.4.1).
    ///
    /// Empty for size 0 and for the full size. Nil if there are fewer leaves.
    public static func path(fromSize size: Int, in leaves: [TreeHash]) -> [TreeHash]? {
        guard (0...leaves.count).contains(size) else { return nil }
        guard size > 0 else { return [] }
        var path: [TreeHash] = []
        var subtree = leaves[...]
        // The earlier root itself is left out as long as the earlier tree is the whole left edge of the later one.
        var isWholeSubtree = true
        while size < subtree.endIndex {
            let split = subtree.startIndex + MerkleTree.splitPoint(of: subtree.count)
            if size <= split {
                path.append(MerkleTree.root(of: subtree[split...]))
                subtree = subtree[..<split]
            } else {
                path.append(MerkleTree.root(of: subtree[..<split]))
                subtree = subtree[split...]
                isWholeSubtree = false
            }
        }
        if !isWholeSubtree { path.append(MerkleTree.root(of: subtree)) }
        return path.reversed()
    }

    /// Whether `path` proves that the tree of `secondSize` leaves begins with the tree of `firstSize` (2.1.4.2).
    ///
    /// Beyond the RFC, which speaks of 0 < first < second only: the empty tree begins every tree, and a tree begins
    /// itself, both with an empty path; the roots must then be the empty root, or equal.
    public static func verify(
        firstSize: UInt64, firstRoot: TreeHash, secondSize: UInt64, secondRoot: TreeHash, path: [TreeHash]
    ) -> Bool {
        if firstSize == secondSize {
            return path.isEmpty && firstRoot == secondRoot && (firstSize > 0 || firstRoot == MerkleTree.emptyRoot)
        }
        guard firstSize < secondSize else { return false }
        guard firstSize > 0 else { return path.isEmpty && firstRoot == MerkleTree.emptyRoot }
        return climb(
            firstSize: firstSize, firstRoot: firstRoot, secondSize: secondSize, secondRoot: secondRoot, path: path)
    }

    /// The case 0 < first < second.
    private static func climb(
        firstSize: UInt64, firstRoot: TreeHash, secondSize: UInt64, secondRoot: TreeHash, path: [TreeHash]
    ) -> Bool {
        guard !path.isEmpty else { return false }
        var siblings = path[...]
        // A perfect first tree is a subtree of the second, and its root, known already, is left out of the path.
        let start = firstSize.nonzeroBitCount == 1 ? firstRoot : siblings.removeFirst()
        let trailingOnes = UInt64((~(firstSize - 1)).trailingZeroBitCount)
        var (node, last) = ((firstSize - 1) >> trailingOnes, (secondSize - 1) >> trailingOnes)
        var (first, second) = (start, start)
        for sibling in siblings {
            guard last > 0 else { return false }
            if node & 1 == 1 || node == last {
                first = MerkleTree.nodeHash(sibling, first)
                second = MerkleTree.nodeHash(sibling, second)
                while node & 1 == 0, node > 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                second = MerkleTree.nodeHash(second, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && first == firstRoot && second == secondRoot
    }
}

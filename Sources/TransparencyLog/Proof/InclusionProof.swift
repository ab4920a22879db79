/// Proofs that a leaf stands at an index of a tree, RFC 9162 section 2.1.3.
public enum InclusionProof {
    /// The path from the leaf at `index` up to the root over `leaves`, made from all leaf hashes (section 2.1.3.1).
    /// Nil if there is no such leaf.
    public static func path(forLeafAt index: Int, in leaves: [TreeHash]) -> [TreeHash]? {
        guard leaves.indices.contains(index) else { return nil }
        var path: [TreeHash] = []
        var subtree = leaves[...]
        while subtree.count > 1 {
            let split = subtree.startIndex + MerkleTree.splitPoint(of: subtree.count)
            let (left, right) = (subtree[..<split], subtree[split...])
            path.append(MerkleTree.root(of: index < split ? right : left))
            subtree = index < split ? left : right
        }
        return path.reversed()
    }

    /// Whether `path` proves that `leaf` stands at `index` in the tree of `size` leaves with this root (2.1.3.2).
    ///
    /// Any values may be passed; whatever is not a proof is false.
    public static func verify(
        leaf: TreeHash, index: UInt64, size: UInt64, path: [TreeHash], root: TreeHash
    ) -> Bool {
        guard index < size else { return false }
        var (node, last) = (index, size - 1)
        var computed = leaf
        for sibling in path {
            guard last > 0 else { return false }
            if node & 1 == 1 || node == last {
                computed = MerkleTree.nodeHash(sibling, computed)
                // On the right edge, levels at which the node has no sibling are skipped.
                while node & 1 == 0, node > 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                computed = MerkleTree.nodeHash(computed, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && computed == root
    }
}

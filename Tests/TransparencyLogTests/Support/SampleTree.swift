import TransparencyLog

/// A tree with all its perfect subtrees kept, as a log keeps them in tiles.
struct SampleTree {
    /// `levels[l][i]` is the root of the leaves from i · 2^l on.
    let levels: [[TreeHash]]

    init(_ count: Int) {
        var levels = [sampleLeaves(count)]
        while let last = levels.last, last.count > 1 {
            levels.append(
                stride(from: 0, to: last.count - 1, by: 2).map { MerkleTree.nodeHash(last[$0], last[$0 + 1]) })
        }
        self.levels = levels
    }

    var leaves: [TreeHash] { levels[0] }

    func hash(_ node: TreeNode) -> TreeHash {
        levels[node.level][Int(node.index)]
    }

    /// The roots of the trees of 0 leaves to all, by another way than proof plans.
    func roots() -> [TreeHash] {
        var range = CompactRange()
        return [range.root()]
            + leaves.map { leaf in
                range.append(leaf)
                return range.root()
            }
    }

    /// The content of a tile in the tree of the first `size` leaves.
    func tile(_ path: TilePath) -> HashTile? {
        let start = Int(path.coordinate.index) * TileCoordinate.fullWidth
        return HashTile(Array(levels[8 * path.coordinate.level][start..<start + path.width]))
    }
}

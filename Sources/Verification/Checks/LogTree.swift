import TransparencyLog

/// The tree as it grows entry by entry, with the roots of all tiles that become full.
///
/// One compact range for each level of tiles: what is full at one level is a leaf of the next.
struct LogTree: Sendable {
    /// The root of a tile that became full.
    struct Subtree {
        let place: SubtreePlace
        let root: TreeHash
    }

    private static let height: UInt64 = 8

    private(set) var size: UInt64
    private var levels: [CompactRange]
    private var marks: ArraySlice<UInt64>
    /// The roots at the marked sizes that were reached.
    private(set) var roots: [UInt64: TreeHash]

    /// - Parameters:
    ///   - marks: sizes at which the root is wanted. Those below the start are not reached any more.
    ///   - roots: those, if they are known.
    init(
        from start: CompactRange = CompactRange(), marks: Set<UInt64> = [], roots: [UInt64: TreeHash] = [:]
    ) throws(CompactRangeError) {
        size = start.size
        self.roots = roots
        levels = []
        var nodes = start.nodes[...]
        for level in stride(from: 7, through: 0, by: -1) {
            let part = start.size >> (Self.height * UInt64(level)) & 0xFF
            let count = part.nonzeroBitCount
            levels.insert(try CompactRange(size: part, nodes: Array(nodes.prefix(count))), at: 0)
            nodes = nodes.dropFirst(count)
        }
        self.marks = marks.filter { $0 >= start.size }.sorted()[...]
        noteRoot()
    }

    /// The tree, as the head keeps it.
    var range: CompactRange? {
        try? CompactRange(size: size, nodes: levels.reversed().flatMap(\.nodes))
    }

    func root() -> TreeHash {
        range?.root() ?? MerkleTree.emptyRoot
    }

    /// Adds an entry, and calls `completed` for every tile that it fills.
    mutating func append(_ leaf: TreeHash, completed: (Subtree) -> Void) {
        size += 1
        levels[0].append(leaf)
        var level = 0
        while levels[level].size == 256, let root = levels[level].nodes.first {
            levels[level] = CompactRange()
            level += 1
            completed(
                Subtree(
                    place: SubtreePlace(level: level, index: Int64(size >> (Self.height * UInt64(level))) - 1),
                    root: root))
            guard level < levels.count else { break }
            levels[level].append(root)
        }
        noteRoot()
    }

    private mutating func noteRoot() {
        while let mark = marks.first, mark <= size {
            if mark == size { roots[mark] = root() }
            marks.removeFirst()
        }
    }
}

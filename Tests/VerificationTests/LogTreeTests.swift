import Testing
import TransparencyLog

@testable import Verification

@Suite("The tree of a log with its tiles")
struct LogTreeTests {
    @Test("has the root, the compact range and the subtrees of the tree, from wherever it begins")
    func agreement() throws {
        let leaves = (0..<66_000).map { MerkleTree.leafHash(of: withUnsafeBytes(of: $0) { Array($0) }) }
        var plain = CompactRange()
        var ranges = [plain]
        for leaf in leaves {
            plain.append(leaf)
            ranges.append(plain)
        }
        for start in [0, 257, 65_535, 65_536, 65_537] {
            let marks: Set<UInt64> = [UInt64(start), UInt64(start) + 300, 66_000, 70_000]
            var tree = try LogTree(from: ranges[start], marks: marks)
            var subtrees: [SubtreePlace: TreeHash] = [:]
            for leaf in leaves[start...] { tree.append(leaf) { subtrees[$0.place] = $0.root } }
            #expect(tree.range == plain)
            #expect(tree.root() == plain.root())
            #expect(Set(tree.roots.keys) == marks.filter { $0 <= 66_000 })
            for (size, root) in tree.roots { #expect(root == ranges[Int(size)].root()) }
            #expect(subtrees.count == 66_000 / 256 - start / 256 + (start < 65_536 ? 1 : 0))
            for (place, root) in subtrees where place.level == 1 {
                let first = Int(place.index) * 256
                #expect(root == MerkleTree.root(of: Array(leaves[first..<first + 256])))
            }
            if let root = subtrees[SubtreePlace(level: 2, index: 0)] { #expect(root == ranges[65_536].root()) }
        }
    }
}

import Testing
import TransparencyLog

@Suite("Compact range")
struct CompactRangeTests {
    @Test("the root equals the reference recursion at every size up to 300")
    func matchesReference() {
        let leaves = sampleLeaves(300)
        var range = CompactRange()
        #expect(range.root() == MerkleTree.emptyRoot)
        for size in 1...leaves.count {
            range.append(leaves[size - 1])
            #expect(range.size == UInt64(size))
            #expect(range.nodes.count == size.nonzeroBitCount)
            #expect(range.root() == MerkleTree.root(of: Array(leaves[..<size])), "size \(size)")
        }
    }

    @Test("the reference tree has its published roots")
    func referenceRoots() {
        var range = CompactRange()
        for (leaf, root) in zip(ReferenceTree.leaves, ReferenceTree.roots.dropFirst()) {
            range.append(leaf)
            #expect(range.root().hex == root)
        }
    }

    @Test("the nodes are the roots of the perfect subtrees, the largest first", arguments: [1, 6, 7, 8, 100, 255, 256])
    func nodes(size: Int) {
        let leaves = sampleLeaves(size)
        var range = CompactRange()
        for leaf in leaves { range.append(leaf) }
        var expected: [TreeHash] = []
        var start = 0
        for bit in (0..<16).reversed() where size & (1 << bit) != 0 {
            expected.append(MerkleTree.root(of: Array(leaves[start..<start + 1 << bit])))
            start += 1 << bit
        }
        #expect(range.nodes == expected)
    }

    @Test("a stored range grows on as if it had never been stored", arguments: 0...70)
    func storing(size: Int) throws {
        let leaves = sampleLeaves(size + 5)
        var range = CompactRange()
        for leaf in leaves[..<size] { range.append(leaf) }
        #expect(range.encoded().count == 32 * size.nonzeroBitCount)
        var restored = try CompactRange(size: UInt64(size), encoded: range.encoded())
        #expect(restored == range)
        #expect(try CompactRange(size: range.size, nodes: range.nodes) == range)
        for leaf in leaves[size...] { restored.append(leaf) }
        #expect(restored.root() == MerkleTree.root(of: leaves))
    }

    @Test("a wrong number of nodes is refused", arguments: [0, 1, 2, 3, 255, 256, 1 << 40] as [UInt64])
    func wrongCount(size: UInt64) {
        let right = size.nonzeroBitCount
        for count in 0...(right + 2) where count != right {
            let error = CompactRangeError.wrongNodeCount(expected: right, actual: count)
            #expect(throws: error) { try CompactRange(size: size, nodes: sampleLeaves(count)) }
            #expect(throws: error) { try CompactRange(size: size, encoded: sampleLeaves(count).flatMap(\.bytes)) }
        }
    }

    @Test("bytes that are no whole number of hashes are refused", arguments: [1, 31, 33, 63, 65])
    func wrongByteCount(count: Int) {
        #expect(throws: CompactRangeError.wrongByteCount(count)) {
            try CompactRange(size: 3, encoded: [UInt8](repeating: 0, count: count))
        }
    }

    @Test("the greatest size is accepted, a greater one refused")
    func greatestSize() throws {
        let size = CompactRange.maximumSize
        #expect(try CompactRange(size: size, nodes: sampleLeaves(63)).nodes.count == 63)
        #expect(throws: CompactRangeError.sizeTooLarge(size + 1)) {
            try CompactRange(size: size + 1, nodes: sampleLeaves(1))
        }
    }

    @Test("a tree of 2^62 - 1 leaves takes one more")
    func hugeTree() throws {
        let nodes = sampleLeaves(62)
        var range = try CompactRange(size: 1 << 62 - 1, nodes: nodes)
        let leaf = MerkleTree.leafHash(of: [9])
        range.append(leaf)
        #expect(range.size == 1 << 62)
        #expect(range.nodes == [nodes.reversed().reduce(leaf) { MerkleTree.nodeHash($1, $0) }])
    }
}

import Testing
import TransparencyLog

@Suite("Inclusion proofs")
struct InclusionProofTests {
    /// Published with the reference tree, for the size of 8.
    static let published: [(Int, [String])] = [
        (
            0,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ]
        ),
        (
            5,
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]
        ),
    ]

    @Test("the reference tree has its published proofs", arguments: published)
    func reference(index: Int, hashes: [String]) {
        #expect(InclusionProof.path(forLeafAt: index, in: ReferenceTree.leaves)?.map(\.hex) == hashes)
    }

    @Test("every leaf of every tree up to 40 is proved, with the shortest possible path")
    func exhaustive() throws {
        let leaves = sampleLeaves(40)
        for size in 1...leaves.count {
            let tree = Array(leaves[..<size])
            let root = MerkleTree.root(of: tree)
            for index in 0..<size {
                let path = try #require(InclusionProof.path(forLeafAt: index, in: tree))
                #expect(verify(leaves[index], index, size, path, root))
                #expect(path.count <= Int.bitWidth - (size - 1).leadingZeroBitCount)
            }
        }
    }

    @Test("a changed proof is refused, whatever was changed", arguments: [1, 2, 3, 5, 7, 8, 21, 33])
    func mutations(size: Int) throws {
        let leaves = sampleLeaves(size + 1)
        let tree = Array(leaves[..<size])
        let root = MerkleTree.root(of: tree)
        for index in 0..<size {
            let leaf = leaves[index]
            let path = try #require(InclusionProof.path(forLeafAt: index, in: tree))
            #expect(!verify(leaf.flippingBit(index % 256), index, size, path, root))
            #expect(!verify(leaves[size], index, size, path, root))
            #expect(!verify(leaf, index, size, path, root.flippingBit(17)))
            #expect(!verify(leaf, index, size, path + [root], root))
            #expect(!verify(leaf, index, size, [leaf] + path, root))
            for other in 0...(size + 1) where other != index { #expect(!verify(leaf, other, size, path, root)) }
            for position in path.indices {
                var changed = path
                changed[position] = path[position].flippingBit(position)
                #expect(!verify(leaf, index, size, changed, root))
                changed.remove(at: position)
                #expect(!verify(leaf, index, size, changed, root))
                let swapped = Array(path[..<position].reversed() + path[position...])
                if swapped != path { #expect(!verify(leaf, index, size, swapped, root)) }
            }
        }
    }

    @Test("with any one bit turned in leaf, root, path or index, a proof is refused", arguments: [1, 2, 3, 7, 8])
    func everyBit(size: Int) throws {
        let leaves = sampleLeaves(size)
        let root = MerkleTree.root(of: leaves)
        var accepted: [String] = []
        for index in 0..<size {
            let (leaf, path) = (leaves[index], try #require(InclusionProof.path(forLeafAt: index, in: leaves)))
            for bit in 0..<256 {
                if verify(leaf.flippingBit(bit), index, size, path, root) { accepted.append("leaf \(bit)") }
                if verify(leaf, index, size, path, root.flippingBit(bit)) { accepted.append("root \(bit)") }
                for position in path.indices {
                    var changed = path
                    changed[position] = path[position].flippingBit(bit)
                    if verify(leaf, index, size, changed, root) { accepted.append("path \(position) \(bit)") }
                }
            }
            for bit in 0..<64 {
                let other = UInt64(index) ^ 1 << UInt64(bit)
                if InclusionProof.verify(leaf: leaf, index: other, size: UInt64(size), path: path, root: root) {
                    accepted.append("index \(bit)")
                }
            }
        }
        #expect(accepted.isEmpty)
    }

    /// The size is no part of the hashes. It is bound by the signature on the checkpoint, where it stands with the root.
    @Test("another size is accepted only where the path turns the same way", arguments: 1...24)
    func otherSize(size: Int) throws {
        let leaves = sampleLeaves(size)
        let root = MerkleTree.root(of: leaves)
        for index in 0..<size {
            let path = try #require(InclusionProof.path(forLeafAt: index, in: leaves))
            for other in 1...64 {
                let sameWay = index < other && turns(index, other) == turns(index, size)
                #expect(verify(leaves[index], index, other, path, root) == sameWay)
            }
        }
    }

    @Test("there is no proof beyond the tree", arguments: [(0, 0), (1, 1), (-1, 4), (4, 4)])
    func noSuchLeaf(index: Int, size: Int) {
        #expect(InclusionProof.path(forLeafAt: index, in: sampleLeaves(size)) == nil)
    }

    @Test("absurd numbers are refused without harm", arguments: [0, 1, .max - 1, .max] as [UInt64])
    func absurd(index: UInt64) {
        for size: UInt64 in [0, 1, .max] {
            let path = sampleLeaves(64)
            let leaf = MerkleTree.emptyRoot
            #expect(!InclusionProof.verify(leaf: leaf, index: index, size: size, path: path, root: path[0]))
        }
    }

    /// For each hash of the path, whether it stands to the left.
    private func turns(_ index: Int, _ size: Int) -> [Bool]? {
        ProofPlan.inclusion(ofLeafAt: UInt64(index), size: UInt64(size))?.steps.map { step in
            step.first.map { $0.index << UInt64($0.level) < UInt64(index) } ?? false
        }
    }

    private func verify(_ leaf: TreeHash, _ index: Int, _ size: Int, _ path: [TreeHash], _ root: TreeHash) -> Bool {
        InclusionProof.verify(leaf: leaf, index: UInt64(index), size: UInt64(size), path: path, root: root)
    }
}

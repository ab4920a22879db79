import Testing
import TransparencyLog

@Suite("Consistency proofs")
struct ConsistencyProofTests {
    /// Published with the reference tree, up to the size of 8.
    static let published: [(Int, [String])] = [
        (
            2,
            [
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ]
        ),
        (
            6,
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]
        ),
    ]

    @Test("the reference tree has its published proofs", arguments: published)
    func reference(size: Int, hashes: [String]) {
        #expect(ConsistencyProof.path(fromSize: size, in: ReferenceTree.leaves)?.map(\.hex) == hashes)
    }

    @Test("every tree up to 40 is consistent with every tree it grew from")
    func exhaustive() throws {
        let leaves = sampleLeaves(40)
        let roots = (0...leaves.count).map { MerkleTree.root(of: Array(leaves[..<$0])) }
        for second in 0...leaves.count {
            for first in 0...second {
                let path = try #require(ConsistencyProof.path(fromSize: first, in: Array(leaves[..<second])))
                #expect(verify(first, roots[first], second, roots[second], path), "\(first) in \(second)")
            }
        }
    }

    @Test("a changed proof is refused, whatever was changed", arguments: [2, 3, 4, 7, 8, 13, 33])
    func mutations(second: Int) throws {
        let leaves = sampleLeaves(second)
        let roots = (0...second).map { MerkleTree.root(of: Array(leaves[..<$0])) }
        for first in 1..<second {
            let (before, after) = (roots[first], roots[second])
            let path = try #require(ConsistencyProof.path(fromSize: first, in: leaves))
            #expect(!verify(first, before.flippingBit(first), second, after, path))
            #expect(!verify(first, before, second, after.flippingBit(first), path))
            #expect(!verify(second, after, first, before, path))
            #expect(!verify(first, before, second, after, []))
            #expect(!verify(first, before, second, after, path + [before]))
            #expect(!verify(first, before, second, after, [before] + path))
            for other in 0..<first { #expect(!verify(other, before, second, after, path)) }
            for position in path.indices {
                var changed = path
                changed[position] = path[position].flippingBit(position)
                #expect(!verify(first, before, second, after, changed))
                changed.remove(at: position)
                #expect(!verify(first, before, second, after, changed))
            }
        }
    }

    @Test("with any one bit turned in a root or the path, a proof is refused", arguments: [2, 3, 7, 8])
    func everyBit(second: Int) throws {
        let leaves = sampleLeaves(second)
        let after = MerkleTree.root(of: leaves)
        var accepted: [String] = []
        for first in 1..<second {
            let before = MerkleTree.root(of: Array(leaves[..<first]))
            let path = try #require(ConsistencyProof.path(fromSize: first, in: leaves))
            for bit in 0..<256 {
                if verify(first, before.flippingBit(bit), second, after, path) { accepted.append("first \(bit)") }
                if verify(first, before, second, after.flippingBit(bit), path) { accepted.append("second \(bit)") }
                for position in path.indices {
                    var changed = path
                    changed[position] = path[position].flippingBit(bit)
                    if verify(first, before, second, after, changed) { accepted.append("path \(position) \(bit)") }
                }
            }
        }
        #expect(accepted.isEmpty)
    }

    @Test("a log that rewrote one leaf cannot prove that it grew", arguments: 1..<20)
    func rewritten(first: Int) throws {
        let honest = sampleLeaves(20)
        for position in 0..<first {
            var rewritten = honest
            rewritten[position] = rewritten[position].flippingBit(0)
            let path = try #require(ConsistencyProof.path(fromSize: first, in: rewritten))
            let before = MerkleTree.root(of: Array(honest[..<first]))
            #expect(!verify(first, before, 20, MerkleTree.root(of: rewritten), path))
        }
    }

    @Test("the empty tree begins every tree, and every tree itself, without a path")
    func borders() {
        let (leaf, empty) = (sampleLeaves(1)[0], MerkleTree.emptyRoot)
        #expect(verify(0, empty, 1, leaf, []))
        #expect(verify(0, empty, 0, empty, []))
        #expect(verify(1, leaf, 1, leaf, []))
        #expect(!verify(0, leaf, 1, leaf, []))
        #expect(!verify(0, leaf, 0, leaf, []))
        #expect(!verify(0, empty, 1, leaf, [leaf]))
        #expect(!verify(1, leaf, 1, leaf, [leaf]))
        #expect(!verify(1, leaf, 1, empty, []))
        #expect(ConsistencyProof.path(fromSize: 2, in: [leaf]) == nil)
        #expect(ConsistencyProof.path(fromSize: -1, in: [leaf]) == nil)
    }

    @Test("absurd sizes are refused without harm", arguments: [1, 2, 1 << 63, .max - 1, .max] as [UInt64])
    func absurd(first: UInt64) {
        let path = sampleLeaves(64)
        let root = MerkleTree.emptyRoot
        #expect(
            !ConsistencyProof.verify(
                firstSize: first, firstRoot: root, secondSize: .max, secondRoot: path[0], path: path))
    }

    private func verify(
        _ first: Int, _ firstRoot: TreeHash, _ second: Int, _ secondRoot: TreeHash, _ path: [TreeHash]
    ) -> Bool {
        ConsistencyProof.verify(
            firstSize: UInt64(first), firstRoot: firstRoot, secondSize: UInt64(second), secondRoot: secondRoot,
            path: path)
    }
}

import Testing
import TransparencyLog

@Suite("Merkle tree")
struct MerkleTreeTests {
    @Test("the reference tree has its published root at every size", arguments: 0...8)
    func referenceRoots(size: Int) {
        #expect(MerkleTree.root(of: Array(ReferenceTree.leaves.prefix(size))).hex == ReferenceTree.roots[size])
    }

    @Test("the empty root is the hash of nothing")
    func emptyRoot() {
        #expect(MerkleTree.emptyRoot.hex == ReferenceTree.roots[0])
    }

    @Test("a leaf is not the node of the same bytes")
    func domainSeparation() {
        let (left, right) = (ReferenceTree.leaves[0], ReferenceTree.leaves[1])
        #expect(MerkleTree.leafHash(of: left.bytes + right.bytes) != MerkleTree.nodeHash(left, right))
    }

    @Test("the sides of a node are not interchangeable")
    func order() {
        let (left, right) = (ReferenceTree.leaves[0], ReferenceTree.leaves[1])
        #expect(MerkleTree.nodeHash(left, right) != MerkleTree.nodeHash(right, left))
    }

    @Test("an entry hashes the same in any kind of collection")
    func entryKinds() {
        let hash = ReferenceTree.leaves[3]
        #expect(MerkleTree.leafHash(of: hash) == MerkleTree.leafHash(of: hash.bytes))
        #expect(MerkleTree.leafHash(of: AnyCollection(hash.bytes)) == MerkleTree.leafHash(of: hash.bytes))
    }
}

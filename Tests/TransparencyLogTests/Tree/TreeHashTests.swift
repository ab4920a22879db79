import Testing
import TransparencyLog

@Suite("Tree hashes")
struct TreeHashTests {
    @Test("only 32 bytes are a hash", arguments: [0, 1, 31, 33, 64])
    func wrongLength(count: Int) {
        #expect(TreeHash([UInt8](repeating: 1, count: count)) == nil)
    }

    @Test("the bytes come back as they were, from arrays and slices")
    func bytes() throws {
        let bytes = Array(UInt8(100)..<132)
        let hash = try #require(TreeHash(bytes))
        #expect(hash.bytes == bytes)
        #expect(hash.withUnsafeBytes { Array($0) } == bytes)
        #expect(TreeHash(([0] + bytes + [0])[1...32]) == hash)
        #expect(TreeHash(AnyCollection(bytes)) == hash)
    }

    // Python: h = hashlib.sha256(b"\x00hello").digest(); h.hex(); base64.b64encode(h)
    @Test("text forms are lower-case hexadecimal and padded base64")
    func text() {
        let hash = MerkleTree.leafHash(of: "hello".utf8)
        #expect(hash.hex == "8a2a5c9b768827de5a9552c38a044c66959c68f6d2f21b5260af54d2f87db827")
        #expect(hash.description == hash.hex)
        #expect(hash.base64 == "iipcm3aIJ95alVLDigRMZpWcaPbS8htSYK9U0vh9uCc=")
    }

    @Test("a hash differs from itself with any one bit turned", arguments: 0..<256)
    func equality(bit: Int) {
        let hash = MerkleTree.emptyRoot
        #expect(hash.flippingBit(bit) != hash)
        #expect(hash.flippingBit(bit).flippingBit(bit) == hash)
        #expect(Set([hash, hash.flippingBit(bit), hash]).count == 2)
    }
}

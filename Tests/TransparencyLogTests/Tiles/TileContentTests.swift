import Testing
import TransparencyLog

@Suite("Tile contents")
struct TileContentTests {
    @Test("a tile is its hashes one after another", arguments: [1, 2, 255, 256])
    func hashes(width: Int) throws {
        let leaves = sampleLeaves(width)
        let tile = try #require(HashTile(leaves))
        #expect(tile.encoded() == leaves.flatMap(\.bytes))
        #expect(HashTile(parsing: tile.encoded(), width: width) == tile)
        #expect(HashTile(parsing: tile.encoded(), width: width - 1) == nil)
        #expect(HashTile(parsing: tile.encoded(), width: width + 1) == nil)
        #expect(HashTile(parsing: tile.encoded().dropLast(), width: width) == nil)
        #expect(tile.root == (width == 256 ? MerkleTree.root(of: leaves) : nil))
    }

    @Test("no tile is empty or wider than 256")
    func limits() {
        #expect(HashTile([]) == nil)
        #expect(HashTile(sampleLeaves(257)) == nil)
        #expect(HashTile(parsing: [], width: 0) == nil)
        #expect(HashTile(parsing: [UInt8](repeating: 0, count: 257 * 32), width: 257) == nil)
        #expect(HashTile(parsing: [], width: -1) == nil)
        #expect(EntryBundle([]) == nil)
        #expect(EntryBundle([[UInt8]](repeating: [1], count: 257)) == nil)
        #expect(EntryBundle([[UInt8](repeating: 1, count: 65_536)]) == nil)
        #expect(EntryBundle(parsing: [], width: 0) == nil)
        #expect(EntryBundle(parsing: [0, 0], width: .max) == nil)
    }

    @Test("a bundle is its entries, each after its length")
    func bundle() throws {
        let entries: [[UInt8]] = [[], [7], [UInt8](repeating: 9, count: 258), [UInt8](repeating: 1, count: 65_535)]
        let bundle = try #require(EntryBundle(entries))
        let encoded = bundle.encoded()
        #expect(Array(encoded.prefix(7)) == [0, 0, 0, 1, 7, 1, 2])
        #expect(EntryBundle(parsing: encoded, width: 4) == bundle)
        #expect(bundle.tile?.hashes == entries.map { MerkleTree.leafHash(of: $0) })
        #expect(EntryBundle(parsing: encoded, width: 3) == nil)
        #expect(EntryBundle(parsing: encoded, width: 5) == nil)
        #expect(EntryBundle(parsing: encoded + [0], width: 4) == nil)
        #expect(EntryBundle(parsing: encoded + [0, 0], width: 5) != nil)
        for cut in [1, 2, 65_535, 65_536, 65_537, 65_538] {
            #expect(EntryBundle(parsing: encoded.dropLast(cut), width: 4) == nil)
        }
    }

    @Test("every node of the tree is read from its tile, and from no narrower one")
    func nodes() throws {
        let tree = SampleTree(1000)
        for (level, hashes) in tree.levels.enumerated() {
            for index in hashes.indices {
                let node = TreeNode(level: level, index: UInt64(index))
                let coordinate = try #require(node.tile)
                #expect(coordinate.level == level / 8)
                let width = coordinate.width(inTreeOf: 1000)
                let tile = try #require(TilePath(tile: coordinate, width: width).flatMap(tree.tile))
                #expect(tile.hash(of: node) == hashes[index])
                let needed = (index << (level % 8)) % 256 + 1 << (level % 8)
                if needed > 1 {
                    #expect(HashTile(Array(tile.hashes.prefix(needed - 1)))?.hash(of: node) == nil)
                }
            }
        }
    }

    @Test("nodes that no tile can hold have none")
    func noTile() {
        for node in [(-1, 0), (.min, 0), (512, 0), (.max, 0), (7, .max)] as [(Int, UInt64)] {
            let node = TreeNode(level: node.0, index: node.1)
            #expect(node.tile == nil)
            #expect(HashTile(sampleLeaves(256))?.hash(of: node) == nil)
        }
        #expect(TreeNode(level: 0, index: .max).tile?.index == TileCoordinate.maximumIndex)
    }
}

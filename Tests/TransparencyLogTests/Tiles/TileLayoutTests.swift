import Testing
import TransparencyLog

@Suite("Tile layout")
struct TileLayoutTests {
    struct Example: Sendable {
        let size: UInt64
        let full: [UInt64]
        let partial: [String]
    }

    /// The examples of c2sp.org/tlog-tiles, and borders around them.
    static let examples = [
        Example(size: 0, full: [], partial: []),
        Example(size: 1, full: [0], partial: ["tile/0/000.p/1"]),
        Example(size: 255, full: [0], partial: ["tile/0/000.p/255"]),
        Example(size: 256, full: [1, 0], partial: ["tile/1/000.p/1"]),
        Example(size: 257, full: [1, 0], partial: ["tile/0/001.p/1", "tile/1/000.p/1"]),
        Example(size: 65_536, full: [256, 1, 0], partial: ["tile/2/000.p/1"]),
        Example(
            size: 70_000, full: [273, 1, 0], partial: ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]),
        Example(
            size: UInt64(Int64.max),
            full: [8, 16, 24, 32, 40, 48, 56].map { UInt64(Int64.max) >> $0 } + [0],
            partial: [
                "tile/0/x036/x028/x797/x018/x963/967.p/255", "tile/1/x140/x737/x488/x355/327.p/255",
                "tile/2/x549/x755/x813/887.p/255", "tile/3/x002/x147/x483/647.p/255", "tile/4/x008/x388/607.p/255",
                "tile/5/x032/767.p/255", "tile/6/127.p/255", "tile/7/000.p/127",
            ]),
    ]

    @Test("a size has the tiles that the specification says", arguments: examples)
    func existing(example: Example) {
        let layout = TileLayout(size: example.size)
        #expect((0..<layout.levelCount).map(layout.fullTileCount(atLevel:)) == example.full)
        #expect(layout.partialTiles.map(\.description) == example.partial)
        #expect(layout.fullTileCount(atLevel: 63) == 0)
        #expect(layout.partialWidth(atLevel: 63) == 0)
    }

    @Test("a tile exists as soon as all its hashes do, at every size up to 70,000 around its borders")
    func existence() throws {
        let first = try #require(TileCoordinate(level: 1, index: 0))
        let second = try #require(TileCoordinate(level: 1, index: 1))
        for size in [UInt64](0...600) + Array(65_000...66_100) + [70_000] {
            let width = Int(min(size / 256, 256))
            #expect(first.width(inTreeOf: size) == width)
            #expect(second.width(inTreeOf: size) == Int(size / 256) - width)
            let path = try #require(TilePath(tile: first, width: 2))
            #expect(path.exists(inTreeOf: size) == (size >= 512))
        }
    }

    @Test(
        "the entry bundle at the end has the width of the tile at the end",
        arguments: [0, 1, 256, 300, 70_000] as [UInt64])
    func partialEntries(size: UInt64) {
        let bundle = TileLayout(size: size).partialEntries
        #expect((bundle?.width ?? 0) == Int(size % 256))
        #expect(bundle.map { $0.coordinate.index == size / 256 && $0.content == .entries } ?? true)
    }

    @Test("each tile is completed once, whatever the steps in which the tree grows")
    func completed() {
        var generator = SeededGenerator.forTest()
        var layout = TileLayout(size: 0)
        var next: [UInt64] = [0, 0, 0]
        while layout.size < 200_000 {
            let grown = TileLayout(size: layout.size + UInt64.random(in: 0...3000, using: &generator))
            for level in next.indices {
                let completed = grown.completedTiles(atLevel: level, since: layout)
                #expect(completed.lowerBound == next[level])
                next[level] = completed.upperBound
            }
            layout = grown
        }
        #expect(next == (0..<3).map { layout.fullTileCount(atLevel: $0) })
        #expect(TileLayout(size: 10).completedTiles(atLevel: 0, since: layout).isEmpty)
    }
}

import Testing
import TransparencyLog

@Suite("Tile paths")
struct TilePathTests {
    /// The first is from c2sp.org/tlog-tiles.
    @Test(
        "paths of tiles are written and read",
        arguments: [
            (0, 1_234_067, 256, "tile/0/x001/x234/067"), (0, 1_234_067, 8, "tile/0/x001/x234/067.p/8"),
            (0, 0, 256, "tile/0/000"), (0, 0, 1, "tile/0/000.p/1"), (1, 5, 255, "tile/1/005.p/255"),
            (2, 999, 256, "tile/2/999"), (2, 1000, 256, "tile/2/x001/000"), (63, 0, 256, "tile/63/000"),
            (5, 123_456_078, 2, "tile/5/x123/x456/078.p/2"), (0, 3_057_500, 256, "tile/0/x003/x057/500"),
            (0, TileCoordinate.maximumIndex, 256, "tile/0/x072/x057/x594/x037/x927/935"),
        ])
    func tiles(level: Int, index: UInt64, width: Int, text: String) throws {
        let coordinate = try #require(TileCoordinate(level: level, index: index))
        let path = try #require(TilePath(tile: coordinate, width: width))
        #expect(path.description == text)
        #expect(TilePath(parsing: text) == path)
        #expect(path.isFull == (width == 256))
    }

    @Test(
        "paths of entry bundles are written and read",
        arguments: [
            (0, 256, "tile/entries/000"), (1_234_067, 256, "tile/entries/x001/x234/067"),
            (1_234_067, 6, "tile/entries/x001/x234/067.p/6"),
        ])
    func entries(index: UInt64, width: Int, text: String) throws {
        let path = try #require(TilePath(entries: index, width: width))
        #expect(path.description == text)
        #expect(TilePath(parsing: text) == path)
        #expect(path.content == .entries)
    }

    @Test(
        "other spellings are refused",
        arguments: [
            "", "tile", "tile/", "tile/0", "tile/0/", "/tile/0/000", "tile/0/000/", "tile//000", "tile/0//000",
            "tile/00/000", "tile/01/000", "tile/-1/000", "tile/+1/000", "tile/64/000", "tile/100/000", "tile/0/0",
            "tile/0/00", "tile/0/0000", "tile/0/x000", "tile/0/x000/000", "tile/0/x000/x001/000", "tile/0/x001",
            "tile/0/001/000", "tile/0/x1/000", "tile/0/x0001/000", "tile/0/xx01/000", "tile/0/x001/x000",
            "tile/0/X001/000", "tile/3/123/456/078", "tile/3/-1/123/456/078", "tile/0/000.p", "tile/0/000.p/",
            "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/1/", "tile/0/000.p/-1",
            "tile/0/000.q/1", "tile/0/000.p/1.p/1", "tile/0/00a", "tile/0/0٠٠", "tile/data/000", "tile/Entries/000",
            "tile/entries", "tile/entries/", "tile/entries/0", "tile/entries/000.p/256", "tile/entries/x000/000",
            "tile/0/x072/x057/x594/x037/x927/936", "tile/0/x999/x999/x999/x999/x999/x999/999",
            "tile/0/x001/x000/x000/x000/x000/x000/x000/x000/x000/x000/x000/x000/000", "TILE/0/000", "tile/0/000 ",
            "tile/0/000\n", "tile/0/000?", "tile/0/../000",
        ])
    func refused(text: String) {
        #expect(TilePath(parsing: text) == nil)
    }

    @Test("tiles beyond the limits cannot be named")
    func limits() {
        #expect(TileCoordinate(level: 64, index: 0) == nil)
        #expect(TileCoordinate(level: -1, index: 0) == nil)
        #expect(TileCoordinate(level: 0, index: TileCoordinate.maximumIndex + 1) == nil)
        #expect(TilePath(entries: TileCoordinate.maximumIndex + 1) == nil)
        for width in [-1, 0, 257] { #expect(TilePath(entries: 0, width: width) == nil) }
    }
}

/// The path at which a tile or an entry bundle is served (tlog-tiles, "Merkle Tree" and "Log entries").
///
///     tile/<L>/<N>[.p/<W>]        tile/entries/<N>[.p/<W>]
public struct TilePath: Sendable, Hashable, CustomStringConvertible {
    /// A longer path is refused unread.
    static let maximumByteCount = 64

    /// What is served there.
    public enum Content: Sendable, Hashable {
        /// Hashes; at level 0, of leaves.
        case hashes
        /// Entries; the coordinate is of level 0.
        case entries
    }

    public let content: Content
    public let coordinate: TileCoordinate
    /// 1 to 256; 256 is a full tile.
    public let width: Int

    /// Nil for a width outside 1 to 256.
    public init?(tile coordinate: TileCoordinate, width: Int = TileCoordinate.fullWidth) {
        guard (1...TileCoordinate.fullWidth).contains(width) else { return nil }
        content = .hashes
        self.coordinate = coordinate
        self.width = width
    }

    /// Nil for a width outside 1 to 256, or beyond the greatest index.
    public init?(entries index: UInt64, width: Int = TileCoordinate.fullWidth) {
        guard let coordinate = TileCoordinate(level: 0, index: index),
            (1...TileCoordinate.fullWidth).contains(width)
        else { return nil }
        content = .entries
        self.coordinate = coordinate
        self.width = width
    }

    public var isFull: Bool { width == TileCoordinate.fullWidth }

    /// Whether a tree of `size` leaves has all that would be served at this path.
    public func exists(inTreeOf size: UInt64) -> Bool {
        width <= coordinate.width(inTreeOf: size)
    }

    /// The path, without a slash at the front.
    public var description: String {
        let level = content == .entries ? "entries" : String(coordinate.level)
        var groups: [String] = []
        var rest = coordinate.index
        repeat {
            let digits = String(rest % 1000)
            let prefix = groups.isEmpty ? "" : "x"
            groups.append(prefix + String(repeating: "0", count: 3 - digits.count) + digits)
            rest /= 1000
        } while rest > 0
        let index = groups.reversed().joined(separator: "/")
        return "tile/\(level)/\(index)" + (isFull ? "" : ".p/\(width)")
    }
}

extension TilePath {
    /// Reads a path. Nil for everything that `description` would not have written.
    public init?(parsing text: String) {
        let bytes = Array(text.utf8)[...]
        guard bytes.count <= Self.maximumByteCount, var rest = bytes.dropping(prefix: "tile/"),
            let slash = rest.firstIndex(of: UInt8(ascii: "/"))
        else { return nil }
        let level = rest[..<slash]
        rest = rest[(slash + 1)...]
        var width = TileCoordinate.fullWidth
        if let dot = rest.firstIndex(of: UInt8(ascii: ".")) {
            guard let digits = rest[dot...].dropping(prefix: ".p/"), let partial = Decimal.parse(digits, maximum: 255)
            else { return nil }
            width = Int(partial)
            rest = rest[..<dot]
        }
        guard let index = Self.index(of: rest) else { return nil }
        if level.elementsEqual("entries".utf8) {
            self.init(entries: index, width: width)
        } else {
            guard let level = Decimal.parse(level, maximum: UInt64(TileCoordinate.maximumLevel)),
                let coordinate = TileCoordinate(level: Int(level), index: index)
            else { return nil }
            self.init(tile: coordinate, width: width)
        }
        // An index has one spelling only: no groups of zeros before it.
        guard description.utf8.elementsEqual(bytes) else { return nil }
    }

    private static func index(of text: ArraySlice<UInt8>) -> UInt64? {
        var digits: [UInt8] = []
        for group in text.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            digits.append(contentsOf: group.first == UInt8(ascii: "x") ? group.dropFirst() : group)
        }
        let significant = digits.drop { $0 == UInt8(ascii: "0") }
        guard !digits.isEmpty else { return nil }
        return significant.isEmpty ? 0 : Decimal.parse(significant, maximum: TileCoordinate.maximumIndex)
    }
}

import Billing
import EventStore
import Retention
import TransparencyLog

/// Events that are gone by right, of which the tiles have kept the entries.
struct GoneEvents {
    private var erasures: CertifiedErasures
    private let tiles: TreeReader
    /// Those that were skipped, by class.
    private(set) var count: [RetentionClass: Int64] = [:]

    init(erasures: CertifiedErasures, tree: TreeReader) {
        self.erasures = erasures
        self.tiles = tree
    }

    /// Whether none are, or none that are still to come.
    var isEmpty: Bool { erasures.isEmpty }

    /// Goes on through positions as long as they are certified to be gone; returns the first that is not.
    mutating func skip(_ positions: Range<LogPosition>, tree: inout CompactRange) async throws -> LogPosition {
        var bundle: (index: UInt64, entries: [TreeHash]) = (.max, [])
        for position in positions.lowerBound.rawValue..<positions.upperBound.rawValue {
            guard let certified = erasures.certificates(of: position).first else { return LogPosition(position) }
            let index = UInt64(position) / UInt64(TileCoordinate.fullWidth)
            if bundle.index != index { bundle = (index, try await tiles.entries(index)) }
            tree.append(MerkleTree.leafHash(of: bundle.entries[Int(position) % TileCoordinate.fullWidth]))
            count[certified.certificate.retention, default: 0] += 1
        }
        return positions.upperBound
    }
}

package import Billing
import CanonicalJSON
package import EventStore
package import TransparencyLog

/// The captures of one stream up to a moment, as a number and a hash: the same captures give the same, from the log and
/// from the rows of the capture history.
package struct CaptureDigest: Sendable, Equatable {
    /// Of a Merkle tree (RFC 9162) whose entries are the captures in canonical JSON, oldest first.
    private var tree = CompactRange()

    package init() {}

    package var count: Int64 { Int64(tree.size) }
    package var root: TreeHash { tree.root() }

    package mutating func add(_ capture: CaptureRecord, at position: LogPosition, recordedAt: EventTime) {
        var json = CanonicalWriter(reserving: 384)
        json.beginObject()
        json.key("capture")
        json.raw(capture.newEvent.data)
        json.position("position", position)
        json.text("recorded_at", recordedAt.text)
        json.endObject()
        tree.append(MerkleTree.leafHash(of: json.bytes))
    }
}

import CanonicalJSON
package import EventStore
import TransparencyLog

/// The last line of an export: what it should have held, so that a line that is missing or was changed is noticed, and
/// the signed size and root of the log that it was taken from.
package struct ExportManifest: Sendable {
    /// Lines before this one.
    package let count: Int64
    package let positions: Range<LogPosition>
    /// Events between those positions, whoever's, that are gone: no line can tell of them.
    package let erased: Int64
    package let filters: [String: String]
    /// SHA-256 of all lines before this one with their line feeds, in hexadecimal.
    package let digest: String
    package let head: LogHead

    /// `{"manifest":{…}}` in canonical JSON, without the line feed.
    package var bytes: [UInt8] {
        var json = CanonicalWriter(reserving: 1_024)
        json.beginObject()
        json.key("manifest")
        json.beginObject()
        json.key("checkpoint")
        json.string(head.checkpoint)
        json.key("count")
        json.integerText(count)
        json.key("erased")
        json.integerText(erased)
        json.key("filters")
        json.beginObject()
        for (name, value) in filters.sorted(by: { $0.key < $1.key }) {
            json.key(name)
            json.string(value)
        }
        json.endObject()
        json.key("from_position")
        json.integerText(positions.lowerBound.rawValue)
        json.key("root")
        json.string(head.root.hex)
        json.key("sha256")
        json.string(digest)
        json.key("size")
        json.integerText(head.nextPosition.rawValue)
        json.key("to_position")
        json.integerText(positions.upperBound.rawValue)
        json.endObject()
        json.endObject()
        return json.bytes
    }
}

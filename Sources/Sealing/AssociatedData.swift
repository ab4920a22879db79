import Foundation

/// What a sealed thing is bound to: opened anywhere else, it is not authentic. The bytes are those of
/// `docs/SEALING.md`; each kind begins with a line of its own, so none can pass for another.
struct AssociatedData {
    private(set) var bytes: [UInt8]

    /// - Parameters:
    ///   - format: without its line feed.
    ///   - log: the log's origin, at most 65,535 bytes.
    init(_ format: StaticString, log: String) {
        let origin = log.utf8
        precondition(origin.count <= Int(UInt16.max), "a log's origin is shorter")
        bytes = []
        bytes.reserveCapacity(128 + origin.count)
        format.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(0x0A)
        bytes.append(UInt8(origin.count >> 8))
        bytes.append(UInt8(origin.count & 0xFF))
        bytes.append(contentsOf: origin)
    }

    mutating func append(_ id: UUID) {
        withUnsafeBytes(of: id.uuid) { bytes.append(contentsOf: $0) }
    }

    /// Four bytes, big-endian.
    mutating func append(_ number: Int32) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Eight bytes, big-endian.
    mutating func append(_ number: Int64) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Its length in one byte, and the text.
    mutating func append(_ text: String) {
        precondition(text.utf8.count <= Int(UInt8.max), "a name is shorter")
        bytes.append(UInt8(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }
}

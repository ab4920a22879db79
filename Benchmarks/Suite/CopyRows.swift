import Foundation

/// Rows in the binary format of COPY.
struct CopyRows: Sendable {
    private static let head: [UInt8] = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0] + [UInt8](repeating: 0, count: 8)
    private static let epoch: Int64 = 946_684_800_000_000  // 2000-01-01 in microseconds since 1970

    private(set) var bytes = Self.head
    private(set) var count = 0

    mutating func beginRow(columns: Int16) {
        integer(columns)
        count += 1
    }

    /// What COPY is to be sent, with the mark of the end.
    var finished: [UInt8] { bytes + [0xFF, 0xFF] }

    mutating func int2(_ value: Int16) { field(value) }
    mutating func int4(_ value: Int32) { field(value) }
    mutating func int8(_ value: Int64) { field(value) }
    mutating func timestamp(microseconds: Int64) { field(microseconds - Self.epoch) }
    mutating func null() { integer(Int32(-1)) }

    mutating func text(_ value: String) {
        integer(Int32(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    mutating func bytea(_ value: some Collection<UInt8>) {
        integer(Int32(value.count))
        bytes.append(contentsOf: value)
    }

    mutating func uuid(_ value: UUID?) {
        guard let value else { return null() }
        integer(Int32(16))
        withUnsafeBytes(of: value.uuid) { bytes.append(contentsOf: $0) }
    }

    private mutating func field(_ value: some FixedWidthInteger) {
        integer(Int32(value.bitWidth / 8))
        integer(value)
    }

    private mutating func integer(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
}

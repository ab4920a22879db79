import Foundation

/// Goes from field to field; the bounds were checked when the row was found.
struct FieldScanner {
    private let bytes: UnsafeRawBufferPointer
    private var offset: Int

    init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        self.bytes = bytes
        self.offset = offset
    }

    /// Nil for NULL.
    mutating func next() -> UnsafeRawBufferPointer? {
        let length = Int(bytes.int32(offset))
        offset += 4
        guard length >= 0 else { return nil }
        defer { offset += length }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
    }

    mutating func some(_ name: StaticString) throws(MalformedRow) -> UnsafeRawBufferPointer {
        guard let value = next() else { throw MalformedRow("\(name) is missing") }
        return value
    }

    mutating func integer(_ name: StaticString) throws(MalformedRow) -> Int64 {
        let value = try some(name)
        guard value.count == 8 else { throw MalformedRow("\(name) is not an integer") }
        return Int64(bitPattern: value.uint64(0))
    }

    mutating func uuid(_ name: StaticString) throws(MalformedRow) -> UUID {
        guard let value = try optionalUUID() else { throw MalformedRow("\(name) is missing") }
        return value
    }

    mutating func optionalUUID() throws(MalformedRow) -> UUID? {
        guard let value = next() else { return nil }
        guard value.count == 16 else { throw MalformedRow("an identifier does not have 16 bytes") }
        return UUID(uuid: value.loadUnaligned(as: uuid_t.self))
    }
}

extension UnsafeRawBufferPointer {
    func int32(_ offset: Int) -> Int32 {
        Int32(bigEndian: loadUnaligned(fromByteOffset: offset, as: Int32.self))
    }

    func uint64(_ offset: Int) -> UInt64 {
        UInt64(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}

/// A row that no writer has written: why.
struct MalformedRow: Error {
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}

import EventStore
import Foundation
import TransparencyLog

/// The fields of one row.
struct EventRow {
    private let fields: UnsafeRawBufferPointer
    private let start: Int

    init(_ fields: UnsafeRawBufferPointer, at start: Int) {
        self.fields = fields
        self.start = start
    }

    /// The first field, without looking at the others.
    var position: Int64 { Int64(bitPattern: fields.uint64(start + 4)) }

    /// The event. Throws what is wrong with the row: what no writer has written.
    func event() throws(MalformedRow) -> (event: RecordedEvent, isSealed: Bool) {
        var scanner = FieldScanner(fields, at: start)
        let position = try scanner.integer("position")
        let microseconds = try scanner.integer("recorded_at")
        // Both infinities are out of this range.
        guard abs(microseconds / 2) < Int64.max / 4 else { throw MalformedRow("recorded_at is infinite") }
        let version = try scanner.integer("version")
        let tenant = try scanner.uuid("tenant_id")
        let id = try scanner.uuid("event_id")
        let actor = try scanner.optionalUUID()
        let request = try scanner.optionalUUID()
        let schema = try scanner.some("schema_version")
        let retention = try scanner.some("class")
        let stream = try scanner.some("stream_id")
        let type = try scanner.some("type")
        let salt = try scanner.some("salt")
        let commitment = try scanner.some("commitment")
        let data = try scanner.some("data")
        let isSealed = scanner.next() != nil
        guard let stream = Known.streams.find(stream) ?? StreamID(String(decoding: stream, as: UTF8.self)) else {
            throw MalformedRow("its stream has no valid name")
        }
        guard let retention = Known.classes.find(retention) else {
            throw MalformedRow("there is no class \(String(decoding: retention, as: UTF8.self))")
        }
        guard salt.count == RecordedEvent.saltLength else {
            throw MalformedRow("the salt does not have \(RecordedEvent.saltLength) bytes")
        }
        guard let commitment = TreeHash(bytes: commitment) else {
            throw MalformedRow("the commitment does not have 32 bytes")
        }
        let event = RecordedEvent(
            position: LogPosition(position), recordedAt: EventTime(microseconds: microseconds + Self.epoch),
            stream: StreamKey(TenantID(tenant), stream), version: StreamVersion(version), id: id,
            actor: actor.map(ActorHandle.init), request: request,
            type: Known.types.find(type) ?? String(decoding: type, as: UTF8.self),
            schemaVersion: schema.count == 2 ? Int16(bitPattern: UInt16(schema[0]) << 8 | UInt16(schema[1])) : 0,
            retention: retention, salt: [UInt8](salt), data: [UInt8](data), commitment: commitment)
        return (event, isSealed)
    }

    /// The entry of the tree, where the rest of the row is not of the right form.
    var commitment: TreeHash? {
        var scanner = FieldScanner(fields, at: start)
        for _ in 0..<12 { _ = scanner.next() }
        return scanner.next().flatMap { TreeHash(bytes: $0) }
    }

    /// 2000-01-01, from which PostgreSQL counts, in microseconds since 1970.
    private static let epoch: Int64 = 946_684_800_000_000
}

/// A row that no writer has written: why.
struct MalformedRow: Error {
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}

/// Goes from field to field; the bounds were checked when the row was found.
private struct FieldScanner {
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

import CanonicalJSON
import EventStore
import Foundation

/// The bytes that events are committed to, ``RecordedEvent/canonicalBytes(origin:)``, put together from rows where they
/// lie, one after the other in the same memory. Whoever reads a whole log makes millions of these.
struct EventText {
    /// The origin, with what stands around it.
    private let origin: [UInt8]
    private var text: [UInt8] = []
    /// Events of one batch have one time.
    private var newest: (time: EventTime, text: [UInt8])?

    /// More than all that is not of variable length.
    private static let fixedLength = 512

    init(origin: String) {
        self.origin =
            Array(#","log":"#.utf8) + JSONValue.string(origin).canonicalBytes() + Array(#","recorded_at":""#.utf8)
    }

    /// Calls `body` with the bytes of an event of a type in the catalog.
    mutating func withBytes<Value>(of row: EventRow, _ type: EventType, _ body: (UnsafeRawBufferPointer) -> Value)
        -> Value
    {
        let time = timeText(row.recordedAt)
        let room =
            Self.fixedLength + origin.count + time.count + row.data.count + row.stream.stream.name.utf8.count
            + type.name.utf8.count
        if text.count < room { text = [UInt8](repeating: 0, count: 2 * room) }
        return text.withUnsafeMutableBytes { memory in
            var pen = Pen(memory)
            pen.put(#"{"actor":"#)
            pen.put(row.actor)
            pen.put(#","class":""#)
            pen.put(row.retention.rawValue)
            pen.put(#"","data":"#)
            pen.put(row.data)
            pen.put(#","id":"#)
            pen.put(row.id)
            origin.withUnsafeBytes { pen.put($0) }
            time.withUnsafeBytes { pen.put($0) }
            pen.put(#"","request":"#)
            pen.put(row.request)
            pen.put(#","schema":"#)
            pen.put(Int64(row.schemaVersion))
            pen.put(#","stream":""#)
            pen.put(row.stream.stream.name)
            pen.put(#"","tenant":"#)
            pen.put(row.stream.tenant.rawValue)
            pen.put(#","type":""#)
            pen.put(type.name)
            pen.put(#"","version":""#)
            pen.put(row.version.rawValue)
            pen.put(#""}"#)
            return body(pen.written)
        }
    }

    private mutating func timeText(_ time: EventTime) -> [UInt8] {
        if let newest, newest.time == time { return newest.text }
        var text: [UInt8] = []
        RFC3339.append(microseconds: time.microseconds, to: &text)
        newest = (time, text)
        return text
    }
}

/// Puts bytes down one after another. There must be room for them.
private struct Pen {
    private let memory: UnsafeMutableRawBufferPointer
    private var next = 0

    init(_ memory: UnsafeMutableRawBufferPointer) {
        self.memory = memory
    }

    var written: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<next]) }

    mutating func put(_ bytes: UnsafeRawBufferPointer) {
        precondition(memory.count - next >= bytes.count, "no room for the event")
        UnsafeMutableRawBufferPointer(rebasing: memory[next...]).copyMemory(from: bytes)
        next += bytes.count
    }

    mutating func put(_ literal: StaticString) {
        put(UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    mutating func put(_ plain: String) {
        var plain = plain
        plain.withUTF8 { put(UnsafeRawBufferPointer($0)) }
    }

    /// In quotation marks, or null.
    mutating func put(_ id: UUID?) {
        guard let id else { return put("null") }
        put("\"")
        next += id.write(to: UnsafeMutableRawBufferPointer(rebasing: memory[next...]))
        put("\"")
    }

    mutating func put(_ number: Int64) {
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &digits) { digits in
            var start = digits.count
            var rest = number.magnitude
            repeat {
                start -= 1
                digits[start] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            if number < 0 {
                start -= 1
                digits[start] = 0x2D
            }
            put(UnsafeRawBufferPointer(rebasing: digits[start...]))
        }
    }
}

import EventStore
import Synchronization

/// Rows as COPY sends them in binary (PostgreSQL's manual, COPY, "Binary Format"), read where they lie.
struct CopiedRows: Sendable {
    /// Whole rows each. They are never joined: what is large is given back to the system, and costs again.
    let chunks: [[UInt8]]

    private static let signature: [UInt8] = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00]

    /// Calls `body` with the rows of some chunks. Throws if they do not have that many columns, or are no such data.
    func forEach(in range: Range<Int>, columns: Int, _ body: (FieldScanner) throws -> Void) throws {
        for index in range {
            try chunks[index].withUnsafeBytes { bytes in
                var offset = index == 0 ? try Self.headerLength(bytes) : 0
                while offset < bytes.count, let end = try Self.row(bytes, at: offset, columns: columns) {
                    try body(FieldScanner(bytes, at: offset + 2))
                    offset = end
                }
            }
        }
    }

    private static func headerLength(_ bytes: UnsafeRawBufferPointer) throws(LogError) -> Int {
        let length = signature.count + 8
        guard bytes.starts(with: signature), bytes.count >= length, bytes.int32(length - 4) >= 0 else {
            throw malformed
        }
        return length + Int(bytes.int32(length - 4))
    }

    /// Where the row ends, or nil if it is the mark behind the last one. All its fields are in the bytes.
    private static func row(_ bytes: UnsafeRawBufferPointer, at start: Int, columns: Int) throws(LogError) -> Int? {
        guard start + 2 <= bytes.count else { throw malformed }
        let fields = Int16(bitPattern: UInt16(bytes[start]) << 8 | UInt16(bytes[start + 1]))
        if fields == -1, start + 2 == bytes.count { return nil }
        guard Int(fields) == columns else { throw malformed }
        var offset = start + 2
        for _ in 0..<columns {
            guard offset + 4 <= bytes.count else { throw malformed }
            let length = Int(bytes.int32(offset))
            guard length >= -1, offset + 4 + max(0, length) <= bytes.count else { throw malformed }
            offset += 4 + max(0, length)
        }
        return offset
    }

    private static let malformed = LogError.corrupt("the server's COPY data is not of the right form")
}

/// Collects what a COPY sends.
final class CopyCollector: Sendable {
    private let chunks = Mutex<[[UInt8]]>([])

    var rows: CopiedRows { CopiedRows(chunks: chunks.withLock { $0 }) }

    func append(_ chunk: [UInt8]) {
        chunks.withLock { $0.append(chunk) }
    }
}

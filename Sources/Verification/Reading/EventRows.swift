import EventStore

/// Rows of events as COPY sends them in binary (PostgreSQL's manual, COPY, "Binary Format"), read where they lie.
struct EventRows: Sendable {
    private let bytes: [UInt8]
    /// Where the first field of each row begins.
    private let offsets: [Int]

    var count: Int { offsets.count }

    private static let signature: [UInt8] = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00]
    private static let fieldCount = 15

    /// Numbers, not values from anywhere else: COPY takes no parameters.
    static func copyStatement(_ log: LogID, _ positions: Range<Int64>) -> String {
        """
        COPY (SELECT position, recorded_at, version, tenant_id, event_id, actor, request_id, schema_version, class,
        stream_id, type, salt, commitment, data, key_id FROM zentriq.events WHERE log_id = \(log.rawValue)
        AND position >= \(positions.lowerBound) AND position < \(positions.upperBound) ORDER BY position)
        TO STDOUT (FORMAT binary)
        """
    }

    /// Finds the rows. Throws if the bytes are not such data.
    init(_ bytes: [UInt8]) throws {
        self.bytes = bytes
        offsets = try bytes.withUnsafeBytes { try Self.offsets(in: $0) }
    }

    private static func offsets(in bytes: UnsafeRawBufferPointer) throws(LogError) -> [Int] {
        let malformed = LogError.corrupt("the server's COPY data is not of the right form")
        guard bytes.starts(with: signature), bytes.count >= signature.count + 8 else { throw malformed }
        var offsets: [Int] = []
        offsets.reserveCapacity(bytes.count / 512)
        var offset = signature.count + 8 + Int(bytes.int32(signature.count + 4))
        while true {
            guard offset + 2 <= bytes.count else { throw malformed }
            let fields = Int(Int16(bitPattern: UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])))
            if fields == -1 { return offsets }
            guard fields == fieldCount else { throw malformed }
            offset += 2
            offsets.append(offset)
            for _ in 0..<fields {
                guard offset + 4 <= bytes.count else { throw malformed }
                let length = Int(bytes.int32(offset))
                guard length >= -1, offset + 4 + max(0, length) <= bytes.count else { throw malformed }
                offset += 4 + max(0, length)
            }
        }
    }

    /// Calls `body` with each of these rows.
    func forEach(in range: Range<Int>, _ body: (EventRow) -> Void) {
        bytes.withUnsafeBytes { buffer in
            for index in range { body(EventRow(buffer, at: offsets[index])) }
        }
    }
}

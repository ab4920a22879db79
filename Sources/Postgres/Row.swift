package import Foundation

/// One row of a result. Columns are numbered from 0.
///
/// Every reader checks the column's type: a value of another type, and NULL where no optional was asked for, throw
/// `decoding`. Integers widen: `int64` also reads `int4` and `int2`.
package struct Row: Sendable {
    let storage: RowStorage
    let index: Int

    package func isNull(_ column: Int) throws(PostgresError) -> Bool {
        try cell(column).length < 0
    }

    package func optionalInt64(_ column: Int) throws(PostgresError) -> Int64? {
        switch try type(column) {
        case TypeID.int8: try word(column, Int64.self)
        case TypeID.int4: try word(column, Int32.self).map(Int64.init)
        case TypeID.int2: try word(column, Int16.self).map(Int64.init)
        default: throw mismatch(column, "an integer of 8 bytes")
        }
    }

    package func optionalInt32(_ column: Int) throws(PostgresError) -> Int32? {
        switch try type(column) {
        case TypeID.int4: try word(column, Int32.self)
        case TypeID.int2: try word(column, Int16.self).map(Int32.init)
        default: throw mismatch(column, "an integer of 4 bytes")
        }
    }

    package func optionalInt16(_ column: Int) throws(PostgresError) -> Int16? {
        guard try type(column) == TypeID.int2 else { throw mismatch(column, "an integer of 2 bytes") }
        return try word(column, Int16.self)
    }

    package func optionalBool(_ column: Int) throws(PostgresError) -> Bool? {
        guard try type(column) == TypeID.bool else { throw mismatch(column, "a truth value") }
        return try word(column, UInt8.self).map { $0 != 0 }
    }

    package func optionalDouble(_ column: Int) throws(PostgresError) -> Double? {
        switch try type(column) {
        case TypeID.float8: try word(column, UInt64.self).map { Double(bitPattern: $0) }
        case TypeID.float4: try word(column, UInt32.self).map { Double(Float(bitPattern: $0)) }
        default: throw mismatch(column, "a float")
        }
    }

    package func optionalString(_ column: Int) throws(PostgresError) -> String? {
        let type = try type(column)
        guard TypeID.isText(type) || type == TypeID.jsonb else { throw mismatch(column, "a text") }
        return try read(column) { value in
            // jsonb leads with the version of its format.
            type == TypeID.jsonb ? (value.first == 1 ? decode(value.dropFirst()) : nil) : decode(value[...])
        }
    }

    package func optionalBytes(_ column: Int) throws(PostgresError) -> [UInt8]? {
        guard try type(column) == TypeID.bytea else { throw mismatch(column, "bytes") }
        return try read(column) { [UInt8]($0) }
    }

    package func optionalUUID(_ column: Int) throws(PostgresError) -> UUID? {
        guard try type(column) == TypeID.uuid else { throw mismatch(column, "a UUID") }
        return try read(column) { $0.count == 16 ? UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) : nil }
    }

    /// Microseconds since 1970-01-01 UTC; the extremes of `Int64` are the infinities.
    package func optionalTimestamp(_ column: Int) throws(PostgresError) -> Int64? {
        guard try type(column) == TypeID.timestamptz else { throw mismatch(column, "a time with zone") }
        return try read(column) {
            $0.count == 8 ? TimestampFormat.decode(Int64(bigEndian: $0.loadUnaligned(as: Int64.self))) : nil
        }
    }

    package func int64(_ column: Int) throws(PostgresError) -> Int64 { try some(optionalInt64(column), column) }
    package func int32(_ column: Int) throws(PostgresError) -> Int32 { try some(optionalInt32(column), column) }
    package func int16(_ column: Int) throws(PostgresError) -> Int16 { try some(optionalInt16(column), column) }
    package func bool(_ column: Int) throws(PostgresError) -> Bool { try some(optionalBool(column), column) }
    package func double(_ column: Int) throws(PostgresError) -> Double { try some(optionalDouble(column), column) }
    package func string(_ column: Int) throws(PostgresError) -> String { try some(optionalString(column), column) }
    package func bytes(_ column: Int) throws(PostgresError) -> [UInt8] { try some(optionalBytes(column), column) }
    package func uuid(_ column: Int) throws(PostgresError) -> UUID { try some(optionalUUID(column), column) }
    package func timestamp(_ column: Int) throws(PostgresError) -> Int64 { try some(optionalTimestamp(column), column) }

    /// Calls `body` with the bytes of a `bytea` or text where they lie, without copying them.
    package func withBytes<Value>(
        _ column: Int, _ body: (UnsafeRawBufferPointer) -> Value
    ) throws(PostgresError) -> Value {
        let type = try type(column)
        guard type == TypeID.bytea || TypeID.isText(type) else { throw mismatch(column, "bytes") }
        return try some(read(column) { body($0) }, column)
    }
}

/// Values stay out of every text made from a row.
extension Row: CustomStringConvertible, CustomReflectable {
    package var description: String { "a row of \(storage.columns.names)" }

    package var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}

extension Row {
    func type(_ column: Int) throws(PostgresError) -> UInt32 {
        guard column >= 0, column < storage.columns.types.count else {
            throw PostgresError(.decoding, "there is no column \(column)")
        }
        return storage.columns.types[column]
    }

    /// `nil` for NULL; `decoding` when `body` makes nothing of the value.
    func read<Value>(_ column: Int, _ body: (UnsafeRawBufferPointer) -> Value?) throws(PostgresError) -> Value? {
        let cell = try cell(column)
        guard cell.length >= 0 else { return nil }
        let value = storage.bytes.withUnsafeBytes {
            body(UnsafeRawBufferPointer(rebasing: $0[cell.offset..<cell.offset + Int(cell.length)]))
        }
        guard let value else { throw PostgresError(.decoding, "\(label(column)) holds a malformed value") }
        return value
    }

    func some<Value>(_ value: Value?, _ column: Int) throws(PostgresError) -> Value {
        guard let value else { throw PostgresError(.decoding, "\(label(column)) is NULL") }
        return value
    }

    func mismatch(_ column: Int, _ expected: String) -> PostgresError {
        PostgresError(.decoding, "\(label(column)) is of type \(storage.columns.types[column]), not \(expected)")
    }

    private func label(_ column: Int) -> String { "column \(column) (\(storage.columns.names[column]))" }

    private func cell(_ column: Int) throws(PostgresError) -> Cell {
        let width = storage.columns.types.count
        guard column >= 0, column < width else { throw PostgresError(.decoding, "there is no column \(column)") }
        return storage.cells[index * width + column]
    }

    private func word<Integer: FixedWidthInteger>(
        _ column: Int, _: Integer.Type
    ) throws(PostgresError) -> Integer? {
        try read(column) {
            $0.count == MemoryLayout<Integer>.size ? Integer(bigEndian: $0.loadUnaligned(as: Integer.self)) : nil
        }
    }

    private func decode(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        String(decoding: UnsafeRawBufferPointer(rebasing: bytes), as: UTF8.self)
    }
}

package import Foundation

/// Arrays are how many rows travel in one call (`unnest($1, …)`), so each is written in one pass into one allocation.
extension Parameter {
    package static func int8Array(_ values: [Int64]) -> Parameter {
        integers(TypeID.int8Array, TypeID.int8, values)
    }

    package static func nullableInt8Array(_ values: [Int64?]) -> Parameter {
        nullable(TypeID.int8Array, TypeID.int8, values, size: { _ in 8 }, write: { $0.integer($1) })
    }

    package static func int4Array(_ values: [Int32]) -> Parameter {
        integers(TypeID.int4Array, TypeID.int4, values)
    }

    package static func int2Array(_ values: [Int16]) -> Parameter {
        integers(TypeID.int2Array, TypeID.int2, values)
    }

    package static func boolArray(_ values: [Bool]) -> Parameter {
        ArrayWriter.parameter(TypeID.boolArray, element: TypeID.bool, count: values.count, payload: values.count) {
            for value in values { $0.integer(UInt8(value ? 1 : 0)) }
        }
    }

    package static func textArray(_ values: [String]) -> Parameter {
        let payload = values.reduce(into: 0) { $0 += $1.utf8.count }
        return ArrayWriter.parameter(TypeID.textArray, element: TypeID.text, count: values.count, payload: payload) {
            for value in values { $0.text(value) }
        }
    }

    package static func nullableTextArray(_ values: [String?]) -> Parameter {
        nullable(TypeID.textArray, TypeID.text, values, size: { $0.utf8.count }, write: { $0.text($1) })
    }

    package static func byteaArray(_ values: [[UInt8]]) -> Parameter {
        let payload = values.reduce(into: 0) { $0 += $1.count }
        return ArrayWriter.parameter(TypeID.byteaArray, element: TypeID.bytea, count: values.count, payload: payload) {
            for value in values { $0.bytes(value) }
        }
    }

    package static func nullableByteaArray(_ values: [[UInt8]?]) -> Parameter {
        nullable(TypeID.byteaArray, TypeID.bytea, values, size: { $0.count }, write: { $0.bytes($1) })
    }

    package static func uuidArray(_ values: [UUID]) -> Parameter {
        ArrayWriter.parameter(TypeID.uuidArray, element: TypeID.uuid, count: values.count, payload: 16 * values.count) {
            for value in values { $0.uuid(value) }
        }
    }

    package static func nullableUUIDArray(_ values: [UUID?]) -> Parameter {
        nullable(TypeID.uuidArray, TypeID.uuid, values, size: { _ in 16 }, write: { $0.uuid($1) })
    }

    package static func timestamptzArray(microsecondsSinceUnixEpoch values: [Int64]) -> Parameter {
        var outside = false
        let parameter = ArrayWriter.parameter(
            TypeID.timestamptzArray, element: TypeID.timestamptz, count: values.count, payload: 8 * values.count
        ) {
            for value in values {
                let encoded = TimestampFormat.encode(value)
                if encoded == nil { outside = true }
                $0.integer(encoded ?? 0)
            }
        }
        return outside
            ? Parameter(TypeID.timestamptzArray, .invalid("a time outside the server's range")) : parameter
    }

    /// Slices of one buffer that follow each other: `lengths` must add up to its size.
    package static func byteaArray(flat: [UInt8], lengths: [Int]) -> Parameter {
        slices(TypeID.byteaArray, TypeID.bytea, flat, lengths) { $0.bytes($1) }
    }

    /// Slices of one buffer of UTF-8 that follow each other: `lengths` must add up to its size.
    package static func textArray(flat: [UInt8], lengths: [Int]) -> Parameter {
        slices(TypeID.textArray, TypeID.text, flat, lengths) { $0.text($1) }
    }

    private static func integers<Integer: FixedWidthInteger>(
        _ type: UInt32, _ element: UInt32, _ values: [Integer]
    ) -> Parameter {
        let payload = values.count * MemoryLayout<Integer>.size
        return ArrayWriter.parameter(type, element: element, count: values.count, payload: payload) {
            for value in values { $0.integer(value) }
        }
    }

    private static func nullable<Value>(
        _ type: UInt32, _ element: UInt32, _ values: [Value?], size: (Value) -> Int,
        write: (inout ArrayWriter, Value) -> Void
    ) -> Parameter {
        var payload = 0
        var hasNull = false
        for value in values {
            if let value { payload += size(value) } else { hasNull = true }
        }
        return ArrayWriter.parameter(type, element: element, count: values.count, payload: payload, hasNull: hasNull) {
            for value in values {
                if let value { write(&$0, value) } else { $0.null() }
            }
        }
    }

    private static func slices(
        _ type: UInt32, _ element: UInt32, _ flat: [UInt8], _ lengths: [Int],
        write: (inout ArrayWriter, UnsafeRawBufferPointer) -> Void
    ) -> Parameter {
        guard lengths.allSatisfy({ $0 >= 0 }), lengths.reduce(0, +) == flat.count else {
            return Parameter(type, .invalid("slices that do not add up to their buffer"))
        }
        return flat.withUnsafeBytes { source in
            ArrayWriter.parameter(type, element: element, count: lengths.count, payload: flat.count) {
                var start = 0
                for length in lengths {
                    write(&$0, UnsafeRawBufferPointer(rebasing: source[start..<start + length]))
                    start += length
                }
            }
        }
    }
}

extension ArrayWriter {
    fileprivate mutating func text(_ value: String) {
        var value = value
        value.withUTF8 { text(UnsafeRawBufferPointer($0)) }
    }

    fileprivate mutating func bytes(_ value: [UInt8]) {
        value.withUnsafeBytes { bytes($0) }
    }

    fileprivate mutating func uuid(_ value: UUID) {
        withUnsafeBytes(of: value.uuid) { bytes($0) }
    }
}

package import Foundation

/// Arrays of one dimension. A NULL element throws `decoding` except in `optionalTextArray`.
extension Row {
    package func int64Array(_ column: Int) throws(PostgresError) -> [Int64] {
        try array(column, TypeID.int8Array, "an array of 8-byte integers") { $0.integer(Int64.self) }
    }

    package func int8Array(_ column: Int) throws(PostgresError) -> [Int64] {
        try int64Array(column)
    }

    package func int32Array(_ column: Int) throws(PostgresError) -> [Int32] {
        try array(column, TypeID.int4Array, "an array of 4-byte integers") { $0.integer(Int32.self) }
    }

    package func int16Array(_ column: Int) throws(PostgresError) -> [Int16] {
        try array(column, TypeID.int2Array, "an array of 2-byte integers") { $0.integer(Int16.self) }
    }

    package func boolArray(_ column: Int) throws(PostgresError) -> [Bool] {
        try array(column, TypeID.boolArray, "an array of truth values") { $0.integer(UInt8.self).map { $0 != 0 } }
    }

    package func timestampArray(_ column: Int) throws(PostgresError) -> [Int64] {
        try array(column, TypeID.timestamptzArray, "an array of times") {
            $0.integer(Int64.self).flatMap(TimestampFormat.decode)
        }
    }

    package func uuidArray(_ column: Int) throws(PostgresError) -> [UUID] {
        try array(column, TypeID.uuidArray, "an array of UUIDs") {
            $0.count == 16 ? UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) : nil
        }
    }

    package func byteaArray(_ column: Int) throws(PostgresError) -> [[UInt8]] {
        try array(column, TypeID.byteaArray, "an array of bytes") { [UInt8]($0) }
    }

    package func textArray(_ column: Int) throws(PostgresError) -> [String] {
        try checkTexts(column)
        return try array(column, nil, "an array of texts") { String(decoding: $0, as: UTF8.self) }
    }

    package func optionalTextArray(_ column: Int) throws(PostgresError) -> [String?] {
        try checkTexts(column)
        return try elements(column, nil, "an array of texts") { String(decoding: $0, as: UTF8.self) }
    }

    private func checkTexts(_ column: Int) throws(PostgresError) {
        let type = try type(column)
        guard type == TypeID.textArray || type == TypeID.varcharArray || type == TypeID.nameArray else {
            throw mismatch(column, "an array of texts")
        }
    }

    private func array<Element>(
        _ column: Int, _ expected: UInt32?, _ name: String, _ decode: (UnsafeRawBufferPointer) -> Element?
    ) throws(PostgresError) -> [Element] {
        let elements = try elements(column, expected, name, decode)
        var result: [Element] = []
        result.reserveCapacity(elements.count)
        for element in elements {
            guard let element else { throw PostgresError(.decoding, "column \(column) holds a NULL or bad element") }
            result.append(element)
        }
        return result
    }

    private func elements<Element>(
        _ column: Int, _ expected: UInt32?, _ name: String, _ decode: (UnsafeRawBufferPointer) -> Element?
    ) throws(PostgresError) -> [Element?] {
        if let expected, try type(column) != expected { throw mismatch(column, name) }
        return try some(
            read(column) { value in
                guard var reader = ArrayReader(value) else { return nil }
                var result: [Element?] = []
                result.reserveCapacity(reader.count)
                for _ in 0..<reader.count {
                    guard let element = reader.next() else { return nil }
                    switch element {
                    case .null: result.append(nil)
                    case .bytes(let bytes): result.append(decode(bytes))
                    }
                }
                return reader.isAtEnd ? result : nil
            }, column)
    }
}

/// Walks over an array in PostgreSQL's binary form; every step is checked against the end.
private struct ArrayReader {
    enum Element {
        case null
        case bytes(UnsafeRawBufferPointer)
    }

    private var rest: UnsafeRawBufferPointer
    private(set) var count = 0

    var isAtEnd: Bool { rest.isEmpty }

    /// `nil` for more than one dimension, or bytes that are no array.
    init?(_ value: UnsafeRawBufferPointer) {
        rest = value
        guard let dimensions = word(), word() != nil, word() != nil else { return nil }
        if dimensions == 0 { return }
        guard dimensions == 1, let size = word(), size >= 0, word() != nil, Int(size) * 4 <= rest.count else {
            return nil
        }
        count = Int(size)
    }

    mutating func next() -> Element? {
        guard let length = word() else { return nil }
        if length < 0 { return .null }
        guard Int(length) <= rest.count else { return nil }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(Int(length))) }
        return .bytes(UnsafeRawBufferPointer(rebasing: rest.prefix(Int(length))))
    }

    private mutating func word() -> Int32? {
        guard rest.count >= 4 else { return nil }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(4)) }
        return rest.integer(Int32.self, prefix: true)
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func integer<Integer: FixedWidthInteger>(_: Integer.Type, prefix: Bool = false) -> Integer? {
        guard prefix ? count >= MemoryLayout<Integer>.size : count == MemoryLayout<Integer>.size else { return nil }
        return Integer(bigEndian: loadUnaligned(as: Integer.self))
    }
}

import Glibc

/// Writes one array in PostgreSQL's binary form into memory that has exactly the right size.
struct ArrayWriter {
    private var cursor: UnsafeMutableRawPointer
    /// A text element held a NUL byte, which PostgreSQL cannot store.
    private(set) var foundNUL = false

    /// Bytes of an array of `count` elements that take `payload` bytes together.
    static func size(count: Int, payload: Int) -> Int {
        count == 0 ? 12 : 20 + 4 * count + payload
    }

    /// Makes the parameter of an array: one allocation, filled by `write`.
    static func parameter(
        _ type: UInt32, element: UInt32, count: Int, payload: Int, hasNull: Bool = false,
        _ write: (inout ArrayWriter) -> Void
    ) -> Parameter {
        let size = size(count: count, payload: payload)
        guard size <= Limits.parameterBytes else { return Parameter(type, .invalid("an array too large to send")) }
        var foundNUL = false
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
            guard let start = buffer.baseAddress else { return }
            var writer = ArrayWriter(cursor: UnsafeMutableRawPointer(start))
            writer.header(element: element, count: count, hasNull: hasNull)
            if count > 0 { write(&writer) }
            foundNUL = writer.foundNUL
            initialized = UnsafeMutableRawPointer(start).distance(to: writer.cursor)
            precondition(initialized == size, "an array of another size than announced")
        }
        return Parameter(type, foundNUL ? .invalid("a text with a NUL byte") : .bytes(bytes))
    }

    private mutating func header(element: UInt32, count: Int, hasNull: Bool) {
        put(Int32(count == 0 ? 0 : 1))
        put(Int32(hasNull ? 1 : 0))
        put(element)
        guard count > 0 else { return }
        put(Int32(count))
        put(Int32(1))
    }

    mutating func integer(_ value: some FixedWidthInteger) {
        put(Int32(value.bitWidth / 8))
        put(value)
    }

    mutating func null() {
        put(Int32(-1))
    }

    mutating func bytes(_ source: UnsafeRawBufferPointer) {
        put(Int32(source.count))
        guard let start = source.baseAddress else { return }
        cursor.copyMemory(from: start, byteCount: source.count)
        cursor += source.count
    }

    mutating func text(_ source: UnsafeRawBufferPointer) {
        if let start = source.baseAddress, memchr(start, 0, source.count) != nil { foundNUL = true }
        bytes(source)
    }

    private mutating func put<Integer: FixedWidthInteger>(_ value: Integer) {
        cursor.storeBytes(of: value.bigEndian, as: Integer.self)
        cursor += MemoryLayout<Integer>.size
    }
}

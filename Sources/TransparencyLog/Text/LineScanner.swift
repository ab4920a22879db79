/// Takes lines off the front of a text. A line ends with a newline (U+000A) and nothing else; what has none is no line.
struct LineScanner {
    private(set) var rest: ArraySlice<UInt8>

    init(_ text: ArraySlice<UInt8>) {
        rest = text
    }

    var isAtEnd: Bool { rest.isEmpty }

    /// The next line without its newline. Nil at the end, and for a last line without newline, which stays in `rest`.
    mutating func next() -> ArraySlice<UInt8>? {
        guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        defer { rest = rest[(end + 1)...] }
        return rest[..<end]
    }
}

extension ArraySlice<UInt8> {
    /// What follows `prefix`, or nil if this does not begin with it.
    func dropping(prefix: StaticString) -> ArraySlice<UInt8>? {
        let bytes = UnsafeBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount)
        return starts(with: bytes) ? dropFirst(bytes.count) : nil
    }
}

/// Writes canonical JSON straight into bytes, for the paths where building a `JSONValue` first would cost too much.
///
/// The writer places commas and escapes; the caller gives the members of each object in ascending UTF-16 order.
/// Debug builds assert the order and the nesting.
package struct CanonicalWriter: Sendable {
    /// The greatest magnitude that every JSON reader holds exactly, 2^53 - 1.
    package static let maximumInteger = 9_007_199_254_740_991

    package private(set) var bytes: [UInt8] = []

    #if DEBUG
        /// One element for each open container: the last key of an object, if any. Arrays have none.
        private var lastKeys: [String?] = []
    #endif

    /// - Parameter capacity: bytes to reserve at once.
    package init(reserving capacity: Int = 512) {
        bytes.reserveCapacity(capacity)
    }

    package mutating func beginObject() {
        separate()
        bytes.append(UInt8(ascii: "{"))
        enter()
    }

    package mutating func endObject() {
        leave()
        bytes.append(UInt8(ascii: "}"))
    }

    package mutating func beginArray() {
        separate()
        bytes.append(UInt8(ascii: "["))
        enter()
    }

    package mutating func endArray() {
        leave()
        bytes.append(UInt8(ascii: "]"))
    }

    /// The name of the next value. Names ascend by UTF-16 code units within their object.
    package mutating func key(_ name: String) {
        note(name)
        separate()
        CanonicalText.appendString(name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }

    /// The same for a name in the source, of ASCII that needs no escape.
    package mutating func plainKey(_ name: StaticString) {
        #if DEBUG
            note(name.description)
        #endif
        if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    package mutating func string(_ text: String) {
        separate()
        CanonicalText.appendString(text, to: &bytes)
    }

    /// A number. What could exceed 2^53 - 1 belongs in `integerText`.
    package mutating func integer(_ value: Int) {
        assert(value.magnitude <= UInt(Self.maximumInteger), "not every JSON reader holds this number exactly")
        separate()
        CanonicalText.appendInteger(Int64(value), to: &bytes)
    }

    /// A 64-bit number as a JSON string, which every reader keeps exact.
    package mutating func integerText(_ value: Int64) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        CanonicalText.appendInteger(value, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    package mutating func bool(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    package mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    /// A string that needs no escape, put down by `append` where it belongs.
    package mutating func plainString(_ append: (inout [UInt8]) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        append(&bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// A time as RFC 3339 text, see `RFC3339.format`.
    package mutating func time(microseconds: Int64) {
        plainString { RFC3339.append(microseconds: microseconds, to: &$0) }
    }

    /// Forgets what was written, and keeps the room for it.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        #if DEBUG
            lastKeys.removeAll()
        #endif
    }

    /// A whole value that is canonical JSON already.
    package mutating func raw(_ canonical: [UInt8]) {
        separate()
        bytes.append(contentsOf: canonical)
    }
}

extension CanonicalWriter {
    /// No value ends in one of the three bytes after which no comma stands, so the last byte tells.
    private mutating func separate() {
        switch bytes.last {
        case nil, UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ":"): break
        default: bytes.append(UInt8(ascii: ","))
        }
    }

    private mutating func enter() {
        #if DEBUG
            lastKeys.append(nil)
        #endif
    }

    private mutating func leave() {
        #if DEBUG
            assert(lastKeys.popLast() != nil, "more containers closed than opened")
        #endif
    }

    private mutating func note(_ name: String) {
        #if DEBUG
            guard let open = lastKeys.indices.last else {
                assertionFailure("a key outside of an object")
                return
            }
            if let last = lastKeys[open] {
                assert(ExactText.precedes(last, name), "keys must ascend: \(last), \(name)")
            }
            lastKeys[open] = name
        #endif
    }
}

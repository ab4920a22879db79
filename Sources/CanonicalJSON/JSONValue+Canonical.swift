extension JSONValue {
    /// The value in the JSON Canonicalization Scheme, RFC 8785.
    ///
    /// One deviation is possible: an `.integer` beyond ±(2^53 - 1) is written exactly, where the scheme, knowing only
    /// doubles, would round it. The project's formats write such numbers as text and so never meet it.
    ///
    /// - Precondition: every `.double` is finite.
    package func canonicalBytes() -> [UInt8] {
        var bytes: [UInt8] = []
        write(to: &bytes)
        return bytes
    }

    /// Appends the canonical form to `bytes`.
    package func write(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): CanonicalText.appendInteger(value, to: &bytes)
        case .double(let value): CanonicalText.appendDouble(value, to: &bytes)
        case .string(let value): CanonicalText.appendString(value, to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                element.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in object.membersInCanonicalOrder().enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                CanonicalText.appendString(member.name, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }
}

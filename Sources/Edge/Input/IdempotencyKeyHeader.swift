package import HTTPTypes

/// The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header): a string of RFC 8941 structured fields, or,
/// as many clients send it, the same characters without quotes.
package enum IdempotencyKeyHeader {
    package static let maximumBytes = 255

    /// The key without quotes and escapes, or nil where the header is absent.
    ///
    /// - Throws: `idempotency-key-invalid` for several headers, and for a key that is not 1 to 255 visible ASCII
    ///   characters.
    package static func read(_ headers: HTTPFields) throws(ProblemDetails) -> String? {
        let values = headers[values: .idempotencyKey]
        guard let value = values.first else { return nil }
        guard values.count == 1, let key = parse(value) else {
            throw ProblemDetails(
                .idempotencyKeyInvalid,
                detail: "One Idempotency-Key of 1 to \(maximumBytes) visible ASCII characters is expected.")
        }
        return key
    }

    /// - Throws: also `idempotency-key-required`, where the header is absent.
    package static func require(_ headers: HTTPFields) throws(ProblemDetails) -> String {
        guard let key = try read(headers) else { throw ProblemDetails(.idempotencyKeyRequired) }
        return key
    }

    static func parse(_ value: String) -> String? {
        let bytes = Array(value.trimmingSpaces().utf8)
        let quote = UInt8(ascii: "\"")
        guard let key = bytes.first == quote ? unquoted(bytes) : bareKey(bytes) else { return nil }
        guard (1...maximumBytes).contains(key.count), key.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        return String(decoding: key, as: UTF8.self)
    }

    /// Without quotes, a comma could be a second key and a semicolon a parameter; a quote is a mistake.
    private static func bareKey(_ bytes: [UInt8]) -> [UInt8]? {
        bytes.contains { ",;\"\\".utf8.contains($0) } ? nil : bytes
    }

    /// RFC 8941 section 4.2.5; a parameter after the string is refused.
    private static func unquoted(_ bytes: [UInt8]) -> [UInt8]? {
        var key: [UInt8] = []
        var rest = bytes.dropFirst()
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""):
                return rest.isEmpty ? key : nil
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst(), "\"\\".utf8.contains(escaped) else { return nil }
                key.append(escaped)
            default:
                key.append(byte)
            }
        }
        return nil
    }
}

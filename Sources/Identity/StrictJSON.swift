/// JSON (RFC 8259) as a token or a key set must be written: one value, valid UTF-8, and no member name twice. Two
/// readers of a document with duplicate names may each see another token (RFC 7519 section 10.14).
enum StrictJSON: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// A number that is not an `Int64`. No claim of ours is one, so its value is not kept.
    case otherNumber
    case string(String)
    case array([StrictJSON])
    case object([String: StrictJSON])

    /// `nil` for anything that is not exactly one strict JSON value.
    init?(parsing bytes: [UInt8]) {
        var parser = StrictJSONParser(bytes: bytes)
        guard let value = try? parser.document() else { return nil }
        self = value
    }

    /// The value of a string, `nil` for any other kind.
    var text: String? {
        if case .string(let value) = self { value } else { nil }
    }
}

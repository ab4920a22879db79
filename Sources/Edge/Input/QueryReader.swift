import CanonicalJSON
package import Hummingbird

/// A query string being read parameter by parameter, collecting every fault; the same discipline as `StrictObject`.
///
/// A parameter is `name=value` with the value percent-encoded (`+` stands for itself). One that is not asked for, is
/// given twice or is not valid UTF-8 is a fault. Faults point to `?name`.
package struct QueryReader: Sendable {
    /// More parameters are refused without reading them.
    package static let maximumParameters = 32
    package static let maximumValueBytes = 1_024

    private var values: [String: String] = [:]
    private var read: Set<String> = []
    private var errors: [ProblemDetails.FieldError] = []

    package init(_ request: Request) {
        self.init(query: request.uri.query)
    }

    package init(query: String?) {
        guard let query, !query.isEmpty else { return }
        let parts = query.split(separator: "&", omittingEmptySubsequences: false)
        guard parts.count <= Self.maximumParameters else {
            errors.append(ProblemDetails.FieldError(pointer: "?", detail: "too many parameters"))
            return
        }
        for part in parts { add(part) }
    }

    /// The text of the parameter, of 1 to `maximumBytes` bytes; nil if it is absent or wrong.
    package mutating func optionalString(
        _ name: String, maximumBytes: Int = QueryReader.maximumValueBytes
    ) -> String? {
        guard let value = take(name) else { return nil }
        guard (1...maximumBytes).contains(value.utf8.count) else {
            refuse(name, "must have 1 to \(maximumBytes) bytes")
            return nil
        }
        return value
    }

    /// The whole number within `range`, in plain decimal digits; the default if it is absent or wrong.
    package mutating func integer(_ name: String, in range: ClosedRange<Int64>, default fallback: Int64) -> Int64 {
        optionalInteger(name, in: range) ?? fallback
    }

    /// The whole number within `range`; nil if it is absent or wrong.
    package mutating func optionalInteger(_ name: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let value = take(name) else { return nil }
        // The round trip refuses "+1", "01" and "-0", so that each number has one spelling.
        guard let number = Int64(value), String(number) == value, range.contains(number) else {
            refuse(name, "must be from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    /// The page size of a listing.
    package mutating func limit(upTo maximum: Int, default fallback: Int) -> Int {
        Int(integer("limit", in: 1...Int64(maximum), default: Int64(fallback)))
    }

    /// The opaque `cursor` of a listing: unpadded base64url; nil if it is absent or wrong.
    package mutating func cursor(maximumBytes: Int = 256) -> String? {
        guard let value = optionalString("cursor", maximumBytes: maximumBytes) else { return nil }
        let isOpaque = value.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard isOpaque else {
            refuse("cursor", "is not a cursor of this service")
            return nil
        }
        return value
    }

    /// The case of `Choice` that the parameter spells; nil if it is absent or wrong.
    package mutating func optionalEnumeration<Choice: RawRepresentable & CaseIterable>(
        _ name: String, of _: Choice.Type = Choice.self
    ) -> Choice? where Choice.RawValue == String {
        guard let value = take(name) else { return nil }
        let choice = Choice.allCases.first { $0.rawValue.utf8.elementsEqual(value.utf8) }
        if choice == nil {
            refuse(name, "must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    /// Like `optionalEnumeration`; that it is absent is a fault.
    package mutating func enumeration<Choice: RawRepresentable & CaseIterable>(
        _ name: String, of _: Choice.Type = Choice.self
    ) -> Choice? where Choice.RawValue == String {
        require(name)
        return optionalEnumeration(name)
    }

    /// `true` or `false`; nil if it is absent or wrong.
    package mutating func optionalBoolean(_ name: String) -> Bool? {
        switch take(name) {
        case nil: return nil
        case "true": return true
        case "false": return false
        default:
            refuse(name, "must be true or false")
            return nil
        }
    }

    /// The UUID in lower case; nil if it is absent or wrong.
    package mutating func optionalUUID(_ name: String) -> String? {
        guard let value = take(name) else { return nil }
        guard CanonicalUUID.isCanonical(value) else {
            refuse(name, "must be a UUID in lower case")
            return nil
        }
        return value
    }

    /// Like `optionalUUID`; that it is absent is a fault.
    package mutating func uuid(_ name: String) -> String? {
        require(name)
        return optionalUUID(name)
    }

    /// The RFC 3339 time as microseconds since 1970; nil if it is absent or wrong.
    package mutating func optionalTimestamp(_ name: String) -> Int64? {
        guard let value = take(name) else { return nil }
        guard let microseconds = RFC3339.parse(value) else {
            refuse(name, "must be an RFC 3339 time with at most six fractional digits")
            return nil
        }
        return microseconds
    }

    /// Notes a fault of the parameter.
    package mutating func refuse(_ name: String, _ detail: String) {
        errors.append(ProblemDetails.FieldError(pointer: "?\(name)", detail: detail))
    }

    /// - Throws: `validation` with every fault found, parameters nobody asked for among them.
    package consuming func finish() throws(ProblemDetails) {
        for name in values.keys.sorted() where !read.contains(name) {
            refuse(name, "undeclared parameter")
        }
        guard !errors.isEmpty else { return }
        throw ProblemDetails(.validation, errors: errors)
    }

    /// A parameter that was there, but in no readable form, has its fault already.
    private mutating func require(_ name: String) {
        if values[name] == nil, !read.contains(name) { refuse(name, "required") }
    }

    private mutating func take(_ name: String) -> String? {
        read.insert(name)
        return values[name]
    }

    private mutating func add(_ part: Substring) {
        let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = pair.first, !name.isEmpty, name.utf8.allSatisfy(Self.isNameByte) else {
            errors.append(ProblemDetails.FieldError(pointer: "?", detail: "a parameter has no valid name"))
            return
        }
        let key = String(name)
        guard pair.count == 2, let value = PercentEncoding.decode(pair[1]) else {
            read.insert(key)
            return refuse(key, "must be name=value, percent-encoded UTF-8")
        }
        if values.updateValue(value, forKey: key) != nil { refuse(key, "is given more than once") }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "_")
    }
}

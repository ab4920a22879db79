/// One JSON value as the strict parser reads it and the canonical form writes it.
///
/// Strings compare by their code points, not by Swift's canonical equivalence: "é" as one code point and as two are
/// different JSON texts, different bytes under a hash, and so different values here.
package enum JSONValue: Sendable {
    case null
    case bool(Bool)
    /// A number without fraction or exponent, within 64 bits.
    case integer(Int64)
    /// Any other number. Always finite when it comes from the parser.
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue: Equatable {
    /// Numbers are equal only in the same case: `.integer(1)` is not `.double(1)`, although both are written `1`.
    package static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.double(let left), .double(let right)): left == right
        case (.string(let left), .string(let right)): ExactText(left) == ExactText(right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }
}

extension JSONValue {
    package var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    package var integerValue: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    package var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    package var arrayValue: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    package var objectValue: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }
}

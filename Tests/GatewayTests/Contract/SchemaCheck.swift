import CanonicalJSON
import Foundation

/// As much of JSON Schema 2020-12 as the published document uses; a test looks that it uses no more.
struct SchemaCheck {
    static let keywords: Set<String> = [
        "$ref", "type", "description", "format", "default", "enum", "const", "oneOf", "pattern", "minLength",
        "maxLength", "minimum", "maximum", "items", "minItems", "maxItems", "properties", "required",
        "additionalProperties",
    ]

    let contract: Contract

    func faults(_ value: JSONValue, _ schema: JSONValue?, at path: String) -> [String] {
        guard let schema = contract.resolved(schema) else { return ["\(path): no schema"] }
        if let choices = schema["oneOf"]?.arrayValue {
            let fitting = choices.filter { faults(value, $0, at: path).isEmpty }
            return fitting.count == 1 ? [] : ["\(path): fits \(fitting.count) of oneOf"]
        }
        if let choices = schema["enum"]?.arrayValue, !choices.contains(value) { return ["\(path): not in enum"] }
        if let constant = schema["const"], constant != value { return ["\(path): not the constant"] }
        if let type = schema["type"]?.stringValue, type != Self.type(of: value) { return ["\(path): not \(type)"] }
        return switch value {
        case .string(let text): textFaults(text, schema, at: path)
        case .integer(let number): numberFaults(number, schema, at: path)
        case .array(let elements):
            elements.enumerated().flatMap { faults($1, schema["items"], at: "\(path)/\($0)") }
        case .object(let object): objectFaults(object, schema, at: path)
        default: []
        }
    }

    private func objectFaults(_ object: JSONObject, _ schema: JSONObject, at path: String) -> [String] {
        let properties = schema["properties"]?.objectValue ?? JSONObject()
        let required = schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let missing = required.filter { object[$0] == nil }.map { "\(path)/\($0): missing" }
        return missing
            + object.members.flatMap { name, value -> [String] in
                if let property = properties[name] { return faults(value, property, at: "\(path)/\(name)") }
                switch schema["additionalProperties"] {
                case .bool(false)?: return ["\(path)/\(name): undocumented"]
                case .object(let other)?: return faults(value, .object(other), at: "\(path)/\(name)")
                default: return []
                }
            }
    }

    private func textFaults(_ text: String, _ schema: JSONObject, at path: String) -> [String] {
        let lengths = (schema["minLength"]?.integerValue ?? 0)...(schema["maxLength"]?.integerValue ?? .max)
        guard lengths.contains(Int64(text.unicodeScalars.count)) else { return ["\(path): wrong length"] }
        guard let pattern = schema["pattern"]?.stringValue else { return [] }
        return text.range(of: pattern, options: .regularExpression) == nil ? ["\(path): does not match"] : []
    }

    private func numberFaults(_ number: Int64, _ schema: JSONObject, at path: String) -> [String] {
        let range = (schema["minimum"]?.integerValue ?? .min)...(schema["maximum"]?.integerValue ?? .max)
        return range.contains(number) ? [] : ["\(path): out of range"]
    }

    private static func type(of value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool: "boolean"
        case .integer: "integer"
        case .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

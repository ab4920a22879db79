import CanonicalJSON
import Foundation

/// As much of JSON Schema as the files in `Fixtures` use; besides, `propertyNames` is a pattern, and `anyRequired` names
/// members of which one at least must be there.
struct SchemaCheck {
    static let keywords: Set<String> = [
        "type", "required", "anyRequired", "properties", "propertyNames", "additionalProperties", "items", "enum",
        "pattern", "minLength",
    ]

    let schema: JSONObject

    init(named name: String) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let bytes = try Data(contentsOf: folder.appending(path: "Fixtures/\(name).json"))
        schema = try JSONParser.parse(Array(bytes)).objectValue ?? JSONObject()
    }

    func faults(of value: JSONValue) -> [String] {
        Self.faults(of: value, schema, at: "")
    }

    private static func faults(of value: JSONValue, _ schema: JSONObject, at path: String) -> [String] {
        let unknown = schema.members.map(\.name).filter { !keywords.contains($0) }
        guard unknown.isEmpty else { return ["\(path): the keywords \(unknown) are not checked"] }
        if let choices = schema["enum"]?.arrayValue, !choices.contains(value) { return ["\(path): not in enum"] }
        switch (schema["type"]?.stringValue, value) {
        case ("string", .string(let text)):
            if let length = schema["minLength"]?.integerValue, text.unicodeScalars.count < length {
                return ["\(path): too short"]
            }
            return matches(text, schema["pattern"]) ? [] : ["\(path): does not match"]
        case ("integer", .integer): return []
        case ("array", .array(let elements)):
            return elements.enumerated().flatMap {
                faults(of: $1, schema["items"]?.objectValue ?? [:], at: "\(path)/\($0)")
            }
        case ("object", .object(let object)): return faults(of: object, schema, at: path)
        default: return ["\(path): not \(schema["type"]?.stringValue ?? "known")"]
        }
    }

    private static func faults(of object: JSONObject, _ schema: JSONObject, at path: String) -> [String] {
        let names = object.members.map(\.name)
        let required = schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? []
        var faults = required.filter { !names.contains($0) }.map { "\(path)/\($0): missing" }
        if let any = schema["anyRequired"]?.arrayValue?.compactMap(\.stringValue), !any.contains(where: names.contains)
        {
            faults.append("\(path): none of \(any)")
        }
        let properties = schema["properties"]?.objectValue ?? [:]
        for (name, value) in object.members {
            if !matches(name, schema["propertyNames"]) { faults.append("\(path): the name \(name)") }
            guard let rule = (properties[name] ?? schema["additionalProperties"])?.objectValue else { continue }
            faults += Self.faults(of: value, rule, at: "\(path)/\(name)")
        }
        return faults
    }

    private static func matches(_ text: String, _ pattern: JSONValue?) -> Bool {
        guard let pattern = pattern?.stringValue else { return true }
        return text.range(of: pattern, options: .regularExpression) != nil
    }
}

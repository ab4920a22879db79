import CanonicalJSON
import HTTPTypes

@testable import Gateway

/// The published document, read so that a test can ask: is this answer one that it tells of?
struct Contract: Sendable {
    static let methods: [HTTPRequest.Method] = [.get, .post, .put, .patch, .delete]

    let document: JSONObject

    init() throws {
        let limits = JSONParser.Limits(maximumBytes: 1 << 20)
        document = try JSONParser.parse(PackageResources.openapi_json, limits: limits).objectValue ?? JSONObject()
    }

    /// `GET /v1/captures` and so on, each with its operation.
    var operations: [(route: String, operation: JSONObject)] {
        (document["paths"]?.objectValue?.members ?? []).flatMap { path, item in
            Self.methods.compactMap { method in
                item.objectValue?[method.rawValue.lowercased()]?.objectValue.map { ("\(method) \(path)", $0) }
            }
        }
    }

    /// Follows a `$ref` into the components, once; what has none stays itself.
    func resolved(_ value: JSONValue?) -> JSONObject? {
        guard let reference = value?.objectValue?["$ref"]?.stringValue else { return value?.objectValue }
        return reference.split(separator: "/").dropFirst().reduce(JSONValue.object(document)) { value, name in
            value?.objectValue?[String(name)]
        }?.objectValue
    }

    /// How an answer differs from what the document says of it. A method or a path that it does not have is answered
    /// by a problem, which is all that can be said.
    func faults(of answer: Answer, to method: HTTPRequest.Method, _ target: String) -> [String] {
        guard method != .head, method != .options else { return [] }
        if target.hasPrefix("/log/") { return answer.status == 200 ? [] : problemFaults(answer) }  // C2SP tlog-tiles
        guard let operation = operation(method, target) else {
            return [404, 405].contains(answer.status) ? problemFaults(answer) : ["an undocumented answer"]
        }
        guard let response = resolved(operation["responses"]?.objectValue?[String(answer.status)]) else {
            return ["the status \(answer.status) is not documented"]
        }
        let mediaType = answer.headers[.contentType] ?? ""
        guard let content = response["content"]?.objectValue?[mediaType]?.objectValue else {
            return ["the media type \(mediaType) is not documented"]
        }
        // One document, or one a line, or text.
        let bodies: [JSONValue] =
            switch mediaType {
            case "application/x-ndjson": answer.lines.map { $0.map(JSONValue.object) ?? .null }
            case "text/plain; charset=utf-8": [.string(answer.text)]
            default: [answer.object.map(JSONValue.object) ?? .null]
            }
        return headerFaults(answer, response)
            + bodies.enumerated().flatMap { index, body in
                SchemaCheck(contract: self).faults(
                    body, content["schema"], at: index == 0 ? "" : "line \(index + 1) ")
            }
    }

    private func problemFaults(_ answer: Answer) -> [String] {
        let schema: JSONValue = .object(["$ref": .string("#/components/schemas/Problem")])
        return SchemaCheck(contract: self).faults(answer.object.map(JSONValue.object) ?? .null, schema, at: "")
    }

    private func headerFaults(_ answer: Answer, _ response: JSONObject) -> [String] {
        (response["headers"]?.objectValue?.members ?? []).flatMap { name, value -> [String] in
            guard let header = resolved(value), let field = HTTPField.Name(name) else { return ["no header \(name)"] }
            guard let text = answer.headers[field] else {
                return header["required"]?.boolValue == true ? ["the header \(name) is missing"] : []
            }
            return SchemaCheck(contract: self).faults(.string(text), header["schema"], at: name)
        }
    }

    private func operation(_ method: HTTPRequest.Method, _ target: String) -> JSONObject? {
        let path = target.prefix { $0 != "?" }.split(separator: "/")
        return operations.first { route, _ in
            let parts = route.split(separator: " ")
            let template = parts[1].split(separator: "/")
            return parts[0] == method.rawValue && template.count == path.count
                && zip(template, path).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }?.operation
    }
}

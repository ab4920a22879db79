import CanonicalJSON
import HTTPTypes
import Testing

/// What the service said to a request.
struct Answer: Sendable {
    let status: Int
    let headers: HTTPFields
    let body: [UInt8]
    /// Nil if the body is not a JSON object, read as strictly as the service reads.
    let object: JSONObject?

    init(status: Int, headers: HTTPFields, body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
        object = (try? JSONParser.parse(body, limits: .init(maximumBytes: 16 << 20)))?.objectValue
    }

    subscript(name: String) -> String? { object?[name]?.stringValue }

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The last part of the problem's type.
    var problem: String? {
        guard headers[.contentType] == "application/problem+json" else { return nil }
        return self["type"]?.split(separator: "/").last.map(String.init)
    }

    /// Where the request was wrong.
    var pointers: [String] {
        (object?["errors"]?.arrayValue ?? []).compactMap { $0.objectValue?["pointer"]?.stringValue }
    }

    /// The objects of an answer in lines, each of which ends with a line feed; nil for what is none.
    var lines: [JSONObject?] {
        var lines = body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let isEnded = lines.popLast()?.isEmpty == true
        return lines.map { (try? JSONParser.parse($0))?.objectValue } + (isEnded ? [] : [nil])
    }

    var items: [JSONObject] { object?["items"]?.arrayValue?.compactMap(\.objectValue) ?? [] }
}

extension HTTPField.Name {
    static let replayed = Self("Idempotency-Replayed")!
}

/// Expects the answer to be a refusal of that kind.
func expect(
    _ answer: Answer, is status: Int, _ problem: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(answer.status == status, "\(answer.text)", sourceLocation: sourceLocation)
    guard let problem else { return }
    #expect(answer.problem == problem, "\(answer.text)", sourceLocation: sourceLocation)
}

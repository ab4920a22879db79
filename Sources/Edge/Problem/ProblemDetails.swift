package import CanonicalJSON
package import HTTPTypes
package import Hummingbird

/// A refusal as RFC 9457 describes it. Handlers throw it; the edge turns it into the answer.
///
/// What is written here reaches the client: no personal data, no text of the request, nothing of another error.
package struct ProblemDetails: Error, Sendable {
    /// One fault of the input. The pointer is a JSON pointer into the body (RFC 6901), or `?name` for a query
    /// parameter.
    package struct FieldError: Sendable, Equatable {
        package var pointer: String
        package var detail: String

        package init(pointer: String, detail: String) {
            self.pointer = pointer
            self.detail = detail
        }
    }

    package var kind: ProblemKind
    package var detail: String?
    package var errors: [FieldError]
    /// Members besides the standard ones. The standard ones win where names collide.
    package var extensions: JSONObject
    /// Sent with the answer, such as `WWW-Authenticate`, `Retry-After` or `Allow`.
    package var headers: HTTPFields

    package init(
        _ kind: ProblemKind, detail: String? = nil, errors: [FieldError] = [], extensions: JSONObject = [:],
        headers: HTTPFields = [:]
    ) {
        self.kind = kind
        self.detail = detail
        self.errors = errors
        self.extensions = extensions
        self.headers = headers
    }

    package static let mediaType = "application/problem+json"

    package var status: HTTPResponse.Status { kind.status }

    /// The document as canonical JSON.
    package func encoded(requestID: String) -> [UInt8] {
        var object = extensions
        object["type"] = .string(kind.type)
        object["title"] = .string(kind.title)
        object["status"] = .integer(Int64(kind.status.code))
        object["request_id"] = .string(requestID)
        object["detail"] = detail.map(JSONValue.string)
        object["errors"] =
            errors.isEmpty
            ? nil
            : .array(
                errors.map { error in
                    .object(["detail": .string(error.detail), "pointer": .string(error.pointer)])
                })
        return JSONValue.object(object).canonicalBytes()
    }

    package func response(requestID: String) -> Response {
        var headers = headers
        headers[.contentType] = Self.mediaType
        let body = encoded(requestID: requestID)
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}

extension ProblemDetails: CustomStringConvertible {
    /// Only what is the same for every occurrence, so that it may be logged.
    package var description: String { "\(kind.rawValue) (\(kind.status.code))" }
}

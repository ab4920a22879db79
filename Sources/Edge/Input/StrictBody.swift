package import Hummingbird
import NIOCore

/// Reads a request's body as one JSON object, or refuses it.
///
/// The media type must be `application/json`, a `charset` of UTF-8 being tolerated; no content coding is decoded, so
/// that the limit is the limit of the memory as well.
package enum StrictBody {
    /// Enough for every command of the service; a body is never a document.
    package static let defaultMaximumBytes = 4_096

    /// - Throws: `ProblemDetails`: 413, 415, 400 for what is no JSON, 422 for JSON that two readers could understand
    ///   differently or that is no object.
    package static func object(
        of request: Request, maximumBytes: Int = defaultMaximumBytes
    ) async throws -> StrictObject {
        let buffer = try await bytes(of: request, maximumBytes: maximumBytes)
        return try StrictObject(parsing: buffer.readableBytesView, maximumBytes: maximumBytes)
    }

    private static func bytes(of request: Request, maximumBytes: Int) async throws -> ByteBuffer {
        guard request.headers[.contentEncoding] == nil else {
            throw ProblemDetails(.unsupportedMediaType, detail: "Content-Encoding is not supported.")
        }
        guard let contentType = request.headers[.contentType], isJSON(contentType) else {
            throw ProblemDetails(.unsupportedMediaType, detail: "The body must be application/json in UTF-8.")
        }
        if let declared = request.headers[.contentLength].flatMap({ Int($0) }), declared > maximumBytes {
            throw tooLarge(maximumBytes)
        }
        do {
            return try await request.body.collect(upTo: maximumBytes)
        } catch is NIOTooManyBytesError {
            throw tooLarge(maximumBytes)
        }
    }

    private static func tooLarge(_ maximumBytes: Int) -> ProblemDetails {
        ProblemDetails(.payloadTooLarge, detail: "The body may have \(maximumBytes) bytes at most.")
    }

    /// `application/json`, alone or with `charset=utf-8`, quoted or not, in any case.
    static func isJSON(_ contentType: String) -> Bool {
        if contentType == "application/json" { return true }
        let parts = contentType.lowercased().split(separator: ";", omittingEmptySubsequences: false)
            .map { $0.trimmingSpaces() }
        guard parts.first == "application/json", parts.count <= 2 else { return false }
        return parts.count == 1 || parts[1] == "charset=utf-8" || parts[1] == "charset=\"utf-8\""
    }
}

extension StringProtocol {
    /// Without the optional white space of RFC 9110 at both ends.
    func trimmingSpaces() -> SubSequence {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) })
        else { return self[endIndex...] }
        return self[first...last]
    }
}

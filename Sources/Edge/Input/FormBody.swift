package import Hummingbird
import NIOCore

/// A body in `application/x-www-form-urlencoded`, each name once.
package enum FormBody {
    package static let maximumBytes = 32 * 1_024

    /// - Throws: 413, 415, or 400 for what is no such text.
    package static func fields(of request: Request) async throws -> [String: String] {
        guard request.headers[.contentType] == "application/x-www-form-urlencoded" else {
            throw ProblemDetails(.unsupportedMediaType)
        }
        let text = String(buffer: try await request.body.collect(upTo: maximumBytes))
        var fields: [String: String] = [:]
        for field in text.split(separator: "&") {
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let name = PercentEncoding.decode(parts[0]),
                let value = PercentEncoding.decode(Substring(parts[1].replacing("+", with: " "))),
                fields.updateValue(value, forKey: name) == nil
            else { throw ProblemDetails(.malformedRequest) }
        }
        return fields
    }
}

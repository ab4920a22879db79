import Edge
import Foundation
import Hummingbird

/// Identifiers in paths: UUIDs in lower case. Anything else is nothing that could exist.
enum PathIdentifier {
    static func uuid(_ name: String, in context: GatewayContext) throws(ProblemDetails) -> String {
        guard let text = context.parameters.get(name), CanonicalUUID.isCanonical(text) else {
            throw ProblemDetails(.notFound, detail: "The identifier in the path must be a UUID in lower case.")
        }
        return text
    }
}

extension StrictBody {
    /// For commands whose path says it all: no body, or `{}`.
    static func requireEmptyOrEmptyObject(_ request: Request) async throws {
        let hasBody =
            request.headers[.contentType] != nil || request.headers[.transferEncoding] != nil
            || request.headers[.contentLength].map { $0 != "0" } == true
        guard hasBody else { return }
        try await object(of: request).finish()
    }
}

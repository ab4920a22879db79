import Hummingbird
import NIOCore
import NIOHTTP1

extension ProblemDetails {
    /// The answer to any error a handler may end with. What is not known is `internal` and tells nothing.
    package init(error: any Error) {
        switch error {
        case let problem as ProblemDetails:
            self = problem
        case let error as HTTPError:
            // The message is meant for Hummingbird's own format and may quote the request, so it stays behind.
            self.init(ProblemKind(status: error.status), headers: error.headers)
        case is NIOTooManyBytesError:
            self.init(.payloadTooLarge)
        case is HTTPParserError:
            self.init(.malformedRequest)
        case let error as any HTTPResponseError:
            self.init(ProblemKind(status: error.status))
        case is CancellationError:
            // The server is going away, or the client has; the latter will not read this.
            self.init(.unavailable, detail: "The request was cancelled.")
        default:
            self.init(.internal)
        }
    }
}

import Hummingbird
import HummingbirdTesting
import Logging
import Testing

@testable import Edge

@Suite("Requests at once")
struct RequestLimitTests {
    @Test("one more than the limit is refused at once, but for a probe; then there is room again")
    func limit() async throws {
        let (entered, entry) = AsyncStream.makeStream(of: Void.self)
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        let router = Router(context: PlainContext.self)
        router.get("wait") { _, _ -> HTTPResponse.Status in
            entry.yield()
            for await _ in released { break }
            return .ok
        }
        router.get("probe") { _, _ in HTTPResponse.Status.ok }
        let application = Application(
            responder: EdgeResponder(
                router: router, strictTransport: false, maximumRequests: 1, unlimitedPaths: ["/probe"]),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await application.test(.router) { client in
            async let first = client.execute(uri: "/wait", method: .get)
            for await _ in entered { break }
            let refused = try await client.execute(uri: "/wait", method: .get)
            #expect(refused.status == .serviceUnavailable)
            #expect(refused.headers[.retryAfter] == "1")
            #expect(refused.headers[.contentType] == ProblemDetails.mediaType)
            #expect(try await client.execute(uri: "/probe", method: .get).status == .ok)
            release.yield()
            #expect(try await first.status == .ok)
            release.yield()
            #expect(try await client.execute(uri: "/wait", method: .get).status == .ok)
        }
    }
}

import HTTPTypes
import Hummingbird
import HummingbirdTesting
import InMemoryTracing
import Logging
import Testing
import Tracing

@testable import Edge

@Suite("Spans")
struct SpanMiddlewareTests {
    /// The instrumentation system is bootstrapped once a process.
    private static let tracer: InMemoryTracer = {
        let tracer = InMemoryTracer()
        InstrumentationSystem.bootstrap(tracer)
        return tracer
    }()

    @Test("a span has the route's template and the status, and neither path, query nor error text")
    func attributes() async throws {
        let tracer = Self.tracer
        let router = Router(context: PlainContext.self)
        router.add(middleware: SpanMiddleware())
        router.get("v1/things/{id}") { _, _ in "thing" }
        router.get("v1/secret") { _, _ -> Response in throw TestService.Secret() }
        let application = Application(
            responder: EdgeResponder(router: router, strictTransport: false),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await application.test(.router) { client in
            _ = try await client.execute(uri: "/v1/things/jane?mail=jane", method: .get)
            let failed = try await client.execute(uri: "/v1/secret", method: .get)
            #expect(failed.status == .internalServerError)
            _ = try await client.execute(uri: "/v1/jane", method: .get)
        }
        // The tracer is that of the process, in which other tests send requests meanwhile.
        let spans = tracer.popFinishedSpans().filter { $0.kind != .client }
        #expect(spans.map(\.operationName) == ["GET /v1/things/{id}", "GET /v1/secret", "GET NotFound"])
        #expect(spans.map { $0.attributes.get("http.response.status_code") } == [200, 500, 404])
        #expect(spans.allSatisfy { $0.kind == .server })
        #expect(spans[1].status?.code == .error)
        #expect(!"\(spans)".contains("jane"))
    }
}

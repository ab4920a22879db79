import CanonicalJSON
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

@testable import Edge

/// A small service on the edge under test: one route for each thing a handler can do to it.
enum TestService {
    struct Secret: Error { let text = "jane@customer.example" }

    static func router(gate: Gate = Gate()) -> Router<PlainContext> {
        let router = Router(context: PlainContext.self, options: .autoGenerateHeadEndpoints)
        router.post("v1/things") { request, _ in
            var body = try await StrictBody.object(of: request)
            let units = body.integer("units", in: 1...100)
            let note = body.optionalString("note", maximumBytes: 20)
            try body.finish()
            return text("\(units) \(note ?? "-")")
        }
        router.get("v1/things/{id}") { _, context in text("thing \(context.parameters.get("id") ?? "")") }
        router.put("v1/things/{id}") { _, _ in text("put") }
        router.get("v1/things/newest") { _, _ in text("newest") }
        router.get("v1/id") { _, context in text(context.requestID) }
        router.post("v1/ignore") { _, _ in text("ignored") }
        router.post("v1/echo") { request, _ in
            let body = try await request.body.collect(upTo: 1_000_000)
            return text("\(body.readableBytes)")
        }
        addFailures(to: router)
        router.get("v1/cached") { _, _ in
            Response(status: .ok, headers: [.cacheControl: "public, max-age=60"])
        }
        router.get("v1/wait") { _, _ in
            await gate.pass()
            return text("waited")
        }
        router.get("v1/large") { _, _ in
            gate.arrive()
            return Response(
                status: .ok,
                body: ResponseBody(byteBuffer: ByteBuffer(repeating: 0x61, count: 16 * 1_024 * 1_024)))
        }
        router.get("v1/stream") { _, _ in
            Response(
                status: .ok,
                body: ResponseBody { writer in
                    for _ in 0..<3 { try await writer.write(ByteBuffer(string: "part ")) }
                    try await writer.finish(nil)
                })
        }
        router.get("v1/flood") { _, _ in
            Response(
                status: .ok,
                body: ResponseBody { writer in
                    let part = ByteBuffer(repeating: 0x61, count: 64 * 1_024)
                    for _ in 0..<8_192 { try await writer.write(part) }
                    try await writer.finish(nil)
                })
        }
        return router
    }

    private static func addFailures(to router: Router<PlainContext>) {
        router.get("v1/secret") { _, _ -> Response in throw Secret() }
        router.get("v1/http-error") { _, _ -> Response in
            throw HTTPError(.badRequest, headers: [.retryAfter: "7"], message: "jane@customer.example")
        }
        router.get("v1/cancelled") { _, _ -> Response in throw CancellationError() }
        router.get("v1/status/{code}") { _, context in
            Response(
                status: .init(code: try context.parameters.require("code", as: Int.self)),
                headers: [.contentType: "text/plain", .wwwAuthenticate: "Bearer"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: "jane@customer.example")))
        }
        router.get("v1/problem") { _, _ -> Response in
            throw ProblemDetails(
                .insufficientCredits, detail: "3 credits are left.", extensions: ["balance": .integer(3)],
                headers: [.retryAfter: "60"])
        }
    }

    private static func text(_ text: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: "text/plain"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    /// Without sockets.
    static func application(
        logger: Logger? = nil, strictTransport: Bool = false, keptRefusals: Set<String> = []
    ) -> some ApplicationProtocol {
        var silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        silent.logLevel = .critical
        return Application(
            responder: EdgeResponder(
                router: router(), strictTransport: strictTransport, keptRefusals: keptRefusals),
            logger: logger ?? silent)
    }
}

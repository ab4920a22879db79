import HTTPTypes
package import Hummingbird
import Tracing

/// One server span per request, as a child of the caller's `traceparent`.
///
/// Hummingbird's own middleware records the path, the query and the client's address, all of which may name a person;
/// this one records the route template. Add it to the router only when a tracer is bootstrapped.
package struct SpanMiddleware<Context: EdgeContext>: RouterMiddleware {
    package init() {}

    package func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var parent = ServiceContext.current ?? .topLevel
        InstrumentationSystem.instrument.extract(request.headers, into: &parent, using: HeaderExtractor())
        return try await withSpan("HTTP", context: parent, ofKind: .server) { span in
            span.updateAttributes { attributes in
                attributes["http.request.method"] = request.method.rawValue
                attributes["request_id"] = context.requestID
            }
            let status: HTTPResponse.Status
            defer { span.operationName = "\(request.method.rawValue) \(context.endpointPath ?? "unmatched")" }
            do {
                let response = try await next(request, context)
                status = response.status
                record(status, in: span, context: context)
                return response
            } catch {
                let problem = ProblemDetails(error: error)
                record(problem.status, in: span, context: context)
                // Rethrown as what it will be answered with: the span must not record an unknown error's text.
                throw problem
            }
        }
    }

    private func record(_ status: HTTPResponse.Status, in span: any Span, context: Context) {
        span.updateAttributes { attributes in
            attributes["http.route"] = context.endpointPath
            attributes["http.response.status_code"] = status.code
        }
        if status.kind == .serverError { span.setStatus(SpanStatus(code: .error)) }
    }
}

private struct HeaderExtractor: Extractor {
    func extract(key: String, from headers: HTTPFields) -> String? {
        HTTPField.Name(key).flatMap { headers[$0] }
    }
}

extension Router where Context: EdgeContext {
    /// Adds spans if a tracer was bootstrapped; otherwise requests pay nothing for it. Call it before adding routes.
    package func addTracing() {
        guard !(InstrumentationSystem.tracer is NoOpTracer) else { return }
        add(middleware: SpanMiddleware())
    }
}

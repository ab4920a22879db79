import HTTPTypes
package import Hummingbird
import Logging
import Synchronization

/// What every exchange has in common, in one pass around the router: the request identifier, problem documents,
/// security headers, metrics and the access log.
///
/// Guarantees: every answer carries `X-Request-ID`; every answer with a status of 400 or more is a problem document,
/// unless its media type is one of `keptRefusals`; an answer to HEAD has no body; nothing of an unknown error reaches
/// the client.
///
/// It wraps the router instead of being a middleware of it, so that no route can be declared outside of it and no
/// further closure is allocated per request.
package struct EdgeResponder<Context: EdgeContext>: HTTPResponder {
    private let router: RouterResponder<Context>
    private let routes: RouteTable
    private let securityHeaders: SecurityHeaders
    private let keptRefusals: Set<String>
    private let metrics: ExchangeMetrics
    private let maximumRequests: Int
    private let unlimitedPaths: Set<String>
    private let running = RequestCount()

    /// - Parameters:
    ///   - strictTransport: whether the listener speaks TLS.
    ///   - keptRefusals: media types of refusals that another specification gives a body of its own.
    ///   - maximumRequests: requests carried out at once. One more is refused with 503 before anything is looked at:
    ///     whoever is taken waits for a bounded time, and a refusal costs little.
    ///   - unlimitedPaths: what is answered all the same, such as the probes.
    package init(
        router: Router<Context>, strictTransport: Bool, keptRefusals: Set<String> = [],
        maximumRequests: Int = ConnectionLimits().maximumRequests, unlimitedPaths: Set<String> = []
    ) {
        // Building adds the HEAD routes that the table should know of.
        self.router = router.buildResponder()
        routes = RouteTable(router.routes.map { (path: $0.path.description, method: $0.method) })
        securityHeaders = SecurityHeaders(strictTransport: strictTransport)
        self.keptRefusals = keptRefusals.union([ProblemDetails.mediaType])
        metrics = ExchangeMetrics()
        self.maximumRequests = maximumRequests
        self.unlimitedPaths = unlimitedPaths
    }

    package func respond(to request: Request, context: Context) async throws -> Response {
        let started = ContinuousClock.now
        var context = context
        context.requestID = RequestIdentifier.resolve(request.headers)
        context.logger[metadataKey: "request_id"] = .string(context.requestID)
        metrics.began()

        let isTaken = running.enter() <= maximumRequests || unlimitedPaths.contains(request.uri.path)
        var response = isTaken ? await answer(to: request, context: context) : Self.busy(context)
        running.leave()
        if request.method == .head { response = response.createHeadResponse() }
        response.headers[.requestID] = context.requestID
        securityHeaders.apply(to: &response.headers)

        let duration = ContinuousClock.now - started
        let route = routeTemplate(context)
        metrics.ended(method: request.method, route: route, status: response.status, after: duration)
        if isTaken || running.isFirstRefusal(of: started) {
            log(request, response, route: route, duration: duration, logger: context.logger)
        }
        return response
    }
}

extension EdgeResponder {
    private func answer(to request: Request, context: Context) async -> Response {
        do {
            let response = try await router.respond(to: request, context: context)
            guard response.status.code >= 400 else { return response }
            return refusal(response, to: request, context: context)
        } catch {
            let problem = ProblemDetails(error: error)
            if problem.kind == .notFound, let response = otherMethod(of: request, context: context) { return response }
            if problem.kind == .internal {
                // The type tells an operator where to look; the value could hold personal data.
                context.logger.error(
                    "request failed", metadata: ["error_type": .string(String(reflecting: type(of: error)))])
            }
            return problem.response(requestID: context.requestID)
        }
    }

    private static func busy(_ context: Context) -> Response {
        ProblemDetails(
            .unavailable, detail: "The service is busy. Nothing was recorded; try again.", headers: [.retryAfter: "1"]
        ).response(requestID: context.requestID)
    }

    /// Hummingbird's own refusals, and those of handlers that return a status, become problem documents.
    private func refusal(_ response: Response, to request: Request, context: Context) -> Response {
        if let type = response.headers[.contentType], keptRefusals.contains(type) { return response }
        if response.status == .notFound, let response = otherMethod(of: request, context: context) { return response }
        var headers = response.headers
        headers[.contentType] = nil
        headers[.contentLength] = nil
        let problem = ProblemDetails(ProblemKind(status: response.status), headers: headers)
        return problem.response(requestID: context.requestID)
    }

    /// Hummingbird calls a path with another method not found. Nil if there is no such path at all.
    private func otherMethod(of request: Request, context: Context) -> Response? {
        guard context.endpointPath == Self.unmatched,
            let allowed = routes.allowedMethods(forPath: request.uri.path)
        else { return nil }
        if request.method == .options {
            return Response(status: .noContent, headers: [.allow: allowed])
        }
        return ProblemDetails(.methodNotAllowed, headers: [.allow: allowed]).response(requestID: context.requestID)
    }

    /// What Hummingbird's fallback calls itself.
    private static var unmatched: String { "NotFound" }

    private func routeTemplate(_ context: Context) -> String {
        guard let path = context.endpointPath, path != Self.unmatched else { return "unmatched" }
        return path
    }

    private func log(
        _ request: Request, _ response: Response, route: String, duration: Duration, logger: Logger
    ) {
        let level: Logger.Level =
            switch response.status.code {
            case ..<400: .debug
            case ..<500: .info
            default: .warning
            }
        // Neither the path nor the query: both may name an account.
        logger.log(
            level: level, "request served",
            metadata: [
                "method": .string(request.method.rawValue), "route": .string(route),
                "status": .stringConvertible(response.status.code),
                "duration_ms": .stringConvertible(Double(duration.wholeNanoseconds / 1_000) / 1_000),
            ])
    }
}

/// How many requests are being carried out.
private final class RequestCount: Sendable {
    private let count = Atomic<Int>(0)
    private let begin = ContinuousClock.now
    private let lastRefusal = Atomic<Int64>(-1)

    /// One more; returns how many there are with it.
    func enter() -> Int { count.add(1, ordering: .relaxed).newValue }
    func leave() { count.subtract(1, ordering: .relaxed) }

    /// Whether none was refused in the same second before: only one is logged, as thousands would cost what is lacking.
    func isFirstRefusal(of time: ContinuousClock.Instant) -> Bool {
        let second = (time - begin).components.seconds
        return lastRefusal.exchange(second, ordering: .relaxed) != second
    }
}

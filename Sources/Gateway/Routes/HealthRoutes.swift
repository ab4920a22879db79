import CanonicalJSON
import Edge
import HTTPTypes
import Hummingbird

/// For probes: is it alive, is it ready, and the minimal public answer of both.
package struct HealthRoutes {
    /// What a probe asks, however busy the service is.
    package static let paths: Set<String> = ["/livez", "/readyz", "/api/health"]

    let probe: HealthProbe

    func add(to router: Router<GatewayContext>) {
        router.get("livez") { _, _ in Self.answer(.ok, ["status": .string("ok")]) }
        router.get("api/health", use: health)
        router.get("readyz", use: ready)
        router.get("openapi.json") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(bytes: PackageResources.openapi_json)))
        }
    }

    @Sendable func health(_ request: Request, _ context: GatewayContext) async throws -> Response {
        guard await probe.health().database else { throw ProblemDetails(.unavailable, headers: [.retryAfter: "1"]) }
        return Self.answer(.ok, ["status": .string("ok")])
    }

    @Sendable func ready(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let health = await probe.health()
        var lag = JSONObject()
        for (name, events) in health.lag ?? [:] { lag[name] = .string(String(events)) }
        let checks: JSONObject = [
            "database": .bool(health.database), "migrations": .bool(health.migrations),
            "projection_lag_events": .object(lag),
            "restrictions": .bool(health.restrictions),
            "verification": .object([
                "age_seconds": health.verificationAge.map { .string(String($0)) } ?? .null,
                "findings": .string(String(health.verificationFindings)),
            ]),
        ]
        guard health.isReady else {
            throw ProblemDetails(
                .unavailable, detail: "The service is not ready.", extensions: ["checks": .object(checks)],
                headers: [.retryAfter: "1"])
        }
        return Self.answer(.ok, ["checks": .object(checks), "status": .string("ok")])
    }

    private static func answer(_ status: HTTPResponse.Status, _ object: JSONObject) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: JSONValue.object(object).canonicalBytes())))
    }
}

package import Edge

extension Settings {
    /// The listener of the interface.
    package func server() throws -> ServerSettings {
        let tls: ServerSettings.TLS?
        switch (optional("TLS_CERTIFICATE"), optional("TLS_KEY")) {
        case (let certificate?, let key?): tls = ServerSettings.TLS(certificatePath: certificate, keyPath: key)
        case (nil, nil): tls = nil
        default: throw Failure(description: "ZENTRIQ_TLS_CERTIFICATE and ZENTRIQ_TLS_KEY belong together")
        }
        var limits = ConnectionLimits()
        limits.maximumConnections = try integer(
            "MAXIMUM_CONNECTIONS", in: 1...100_000, default: limits.maximumConnections)
        return try ServerSettings(
            host: string("HTTP_HOST", default: "127.0.0.1"), port: integer("HTTP_PORT", in: 0...65_535, default: 8080),
            tls: tls, allowPlaintextBeyondLoopback: flag("ALLOW_PLAINTEXT"), limits: limits)
    }

    /// The listener of the metrics, on its own port so that it can be kept inside. Nil if switched off with port 0.
    package func metricsServer() throws -> ServerSettings? {
        let port = try integer("METRICS_PORT", in: 0...65_535, default: 9464)
        guard port != 0 else { return nil }
        return try ServerSettings(
            host: string("METRICS_HOST", default: "127.0.0.1"), port: port,
            allowPlaintextBeyondLoopback: flag("ALLOW_PLAINTEXT"))
    }

    package func rateLimits() throws -> TenantRateLimiter.Limits {
        try TenantRateLimiter.Limits(
            requestsPerSecond: integer("RATE_PER_SECOND", in: 1...1_000_000, default: 1_000),
            burst: integer("RATE_BURST", in: 1...1_000_000, default: 5_000))
    }
}

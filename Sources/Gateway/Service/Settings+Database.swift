package import Postgres

/// A role of the database. Each part of the service has its own, with no more rights than it needs.
package enum DatabaseRole: String, Sendable {
    case owner, gateway, projector, auditor, retention, access, recorder
}

extension Settings {
    /// The connection as a role. A socket folder wins over a host; over TCP, outside of development, the server must
    /// prove its name.
    package func database(_ role: DatabaseRole, development: Bool) throws -> PostgresConfiguration {
        let host = try optional("DATABASE_SOCKET") ?? string("DATABASE_HOST")
        let mode = try string("DATABASE_TLS", default: PostgresConfiguration.SSLMode.verifyFull.rawValue)
        guard let sslMode = PostgresConfiguration.SSLMode(rawValue: mode) else {
            throw Failure(description: "ZENTRIQ_DATABASE_TLS must be disable, prefer, require or verify-full")
        }
        return try PostgresConfiguration(
            host: host, port: integer("DATABASE_PORT", in: 1...65_535, default: 5432),
            database: string("DATABASE_NAME", default: "zentriq"), user: "zentriq_\(role.rawValue)",
            password: string("\(role.rawValue.uppercased())_PASSWORD"), sslMode: sslMode,
            sslRootCertificate: optional("DATABASE_TLS_ROOT"), applicationName: "zentriq-\(role.rawValue)"
        ).validated(development: development)
    }
}

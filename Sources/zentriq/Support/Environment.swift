import EventStore
import Foundation
import Gateway
import Logging
import Postgres

/// What every command takes from its surroundings.
enum Environment {
    static let settings = Settings(ProcessInfo.processInfo.environment)

    static var isProduction: Bool { settings.optional("MODE") == "production" }

    /// The folder with the migrations.
    static func schemaDirectory() -> String {
        settings.optional("SCHEMA_DIRECTORY") ?? "schema"
    }

    /// The log's name for tools that only read: as configured, or that of development.
    static func readOrigin() -> String {
        settings.optional("LOG_ORIGIN") ?? DevelopmentIdentity.origin
    }

    static func logger() -> Logger {
        var logger = Logger(label: "zentriq") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = settings.optional("LOG_LEVEL").flatMap(Logger.Level.init(rawValue:)) ?? .info
        return logger
    }

    /// A small pool for tools, as a role.
    static func pool(_ role: DatabaseRole) throws -> PostgresPool {
        PostgresPool(
            configuration: try settings.database(role, development: !isProduction), size: 2, logger: quietLogger)
    }

    static var quietLogger: Logger {
        var logger = logger()
        logger.logLevel = .critical
        return logger
    }
}

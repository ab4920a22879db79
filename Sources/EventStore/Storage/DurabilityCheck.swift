package import Postgres

/// Refuses a server that would lose acknowledged events in a crash.
package enum DurabilityCheck {
    package static let required = ["fsync", "full_page_writes", "synchronous_commit"]

    /// Throws ``LogError/notDurable(_:)`` with what to change. `synchronous_commit` may be anything that waits for the
    /// local disk.
    package static func verify(on connection: PostgresConnection) async throws {
        for row in try await connection.query(settings, [.textArray(required)]) {
            let (name, value) = (try row.string(0), try row.string(1))
            guard value != "off" else {
                throw LogError.notDurable(
                    "PostgreSQL runs with \(name) = off and would lose acknowledged events in a crash; "
                        + "set it to on, or pass --unsafe-durability in development")
            }
        }
    }

    private static let settings = Statement("SELECT name, setting FROM pg_settings WHERE name = ANY ($1)")
}

import Postgres

/// The superuser's one connection of this process, on which databases are made and dropped in turn.
///
/// Making a database takes the server a tenth of a second that many tests at once would only share, and every
/// connection counts against the server's limit.
actor Administrator {
    static let shared = Administrator()

    private var connecting: Task<PostgresConnection, any Error>?

    func connection(to environment: ClusterEnvironment) async throws -> PostgresConnection {
        if let connecting, let connection = try? await connecting.value, connection.isAlive { return connection }
        let task = Task {
            var configuration = try environment.configuration(role: .superuser, database: "postgres")
            configuration.statementTimeout = .zero
            return try await PostgresConnection.connect(configuration)
        }
        connecting = task
        return try await task.value
    }
}

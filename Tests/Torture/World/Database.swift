import EventStore
import Foundation
import Postgres
import PostgresTesting

/// The server, made by ops/cluster, and the harness's own way to it, past every proxy.
struct Database: Sendable {
    static let startSeconds = 60

    private let script: String
    let folder: String
    private let log: String

    init(root: String, state: String) {
        script = root + "/ops/cluster"
        folder = state + "/postgres"
        log = state + "/log/cluster.log"
    }

    func start() async throws { try await run("start") }
    func stop(immediate: Bool = false) async throws { try await run("stop", immediate ? ["--immediate"] : []) }
    /// SIGKILL to the server and its children.
    func kill() async throws { try await run("kill") }
    func destroy() async throws { try await run("destroy") }

    private func run(_ command: String, _ options: [String] = []) async throws {
        try await Shell.run(script, [command, folder] + options, log: log)
    }

    var environment: ClusterEnvironment {
        get throws { try ClusterEnvironment(directory: folder) }
    }

    func configuration(
        _ role: ClusterEnvironment.Role = .superuser, database: String = "zentriq"
    ) throws -> PostgresConfiguration {
        var configuration = try environment.configuration(role: role, database: database)
        configuration.connectTimeout = .seconds(5)
        return configuration
    }

    func connect(
        _ role: ClusterEnvironment.Role = .superuser, database: String = "zentriq"
    ) async throws -> PostgresConnection {
        try await PostgresConnection.connect(configuration(role, database: database))
    }

    /// One look, on a connection of its own.
    func query(_ statement: String, _ parameters: [Parameter] = []) async throws -> Rows {
        let connection = try await connect()
        do {
            let rows = try await connection.query(Statement(stringLiteral: statement), parameters)
            await connection.close()
            return rows
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Starts whatever is left of it, until it answers.
    func revive() async throws {
        let deadline = ContinuousClock.now + .seconds(Self.startSeconds)
        while true {
            if (try? await query("SELECT 1")) != nil { return }
            guard ContinuousClock.now < deadline else {
                throw TortureError("the server does not come back; read \(log)")
            }
            if (try? await start()) == nil, (try? await query("SELECT 1")) == nil {
                try? await kill()
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}

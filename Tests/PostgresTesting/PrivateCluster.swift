package import Foundation
package import Postgres
import Synchronization

/// A server of a test's own, to be killed and started again.
package struct PrivateCluster: Sendable {
    package typealias Role = ClusterEnvironment.Role

    private static let clusters = Atomic<Int32>(0)

    private let folder: String
    private var directory: String { folder + "/cluster" }

    /// Makes and starts one.
    package static func make() async throws -> PrivateCluster {
        let folder = "/tmp/zentriq-private-" + TestDatabase.randomSuffix()
        // The server's own user must be able to pass through.
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        let cluster = PrivateCluster(folder: folder)
        try await cluster.run("start", cluster.directory, "--port", "\(nextPort())")
        return cluster
    }

    /// One that no other cluster of this process has or gets, and that of another process hardly: while a cluster is
    /// stopped, nobody may take its port.
    private static func nextPort() -> Int32 {
        10_000 + ProcessInfo.processInfo.processIdentifier % 600 * 32
            + clusters.add(1, ordering: .relaxed).newValue % 32
    }

    /// Makes one, runs `body`, and destroys it whatever happens.
    package static func with<Value>(_ body: (PrivateCluster) async throws -> Value) async throws -> Value {
        let cluster = try await make()
        let result: Result<Value, any Error>
        do { result = .success(try await body(cluster)) } catch { result = .failure(error) }
        try await cluster.destroy()
        return try result.get()
    }

    /// Starts it again, on the same port.
    package func start() async throws {
        try await run("start", directory)
    }

    package func stop(immediate: Bool = false) async throws {
        try await run(immediate ? ["stop", directory, "--immediate"] : ["stop", directory])
    }

    /// SIGKILL to the server and all its children.
    package func kill() async throws {
        try await run("kill", directory)
    }

    package func destroy() async throws {
        try await run("destroy", directory)
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Where the server's own log is.
    package var serverLog: URL { URL(filePath: directory).appending(path: "postgres.log") }

    /// Its database, for as long as it is there.
    package var database: TestDatabase {
        get throws { TestDatabase(environment: try ClusterEnvironment(directory: directory)) }
    }

    /// Brings its database up to date with `schema/`.
    package func migrate() async throws {
        let owner = try await PostgresConnection.connect(configuration(role: .owner))
        let result: Result<Void, any Error>
        do {
            try await Migrator(directory: TemplateDatabase.schemaDirectory).migrate(on: owner)
            result = .success(())
        } catch { result = .failure(error) }
        await owner.close()
        try result.get()
    }

    package func configuration(
        role: Role, database: String = "zentriq", transport: ClusterEnvironment.Transport = .socket
    ) throws -> PostgresConfiguration {
        try ClusterEnvironment(directory: directory)
            .configuration(role: role, database: database, transport: transport)
    }

    private func run(_ arguments: String...) async throws {
        try await run(arguments)
    }

    private func run(_ arguments: [String]) async throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "ops/cluster")
        let log = folder + "/ops.log"
        guard FileManager.default.createFile(atPath: log, contents: nil),
            let output = FileHandle(forWritingAtPath: log)
        else { throw TestingError("cannot write \(log)") }
        defer { try? output.close() }
        let process = Process()
        process.executableURL = script
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["ZENTRIQ_CLUSTER_TEST": "1"]) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        let status: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        guard status == 0 else {
            let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            throw TestingError("ops/cluster \(arguments.joined(separator: " ")) failed: \(text)")
        }
    }
}

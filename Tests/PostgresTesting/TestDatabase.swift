import Foundation
package import Postgres

/// A database of its own for one test, in the cluster that `ZENTRIQ_TEST_CLUSTER` names.
package struct TestDatabase: Sendable {
    package typealias Role = ClusterEnvironment.Role

    package let name: String
    private let environment: ClusterEnvironment

    /// - Parameter migrated: with the schema of this repository; otherwise empty.
    package static func make(migrated: Bool = true) async throws -> TestDatabase {
        let environment = try clusterEnvironment()
        let template = migrated ? try await TemplateDatabase.shared.name(in: environment) : "template1"
        let name = "test_" + randomSuffix()
        let administrator = try await Administrator.shared.connection(to: environment)
        try await administrator.script("CREATE DATABASE \(name) OWNER zentriq_owner TEMPLATE \(template)")
        try await administrator.script(grants(name))
        return TestDatabase(name: name, environment: environment)
    }

    /// Makes a database, runs `body`, and drops the database whatever happens.
    package static func with<Value>(
        migrated: Bool = true, _ body: (TestDatabase) async throws -> Value
    ) async throws -> Value {
        let database = try await make(migrated: migrated)
        let result: Result<Value, any Error>
        do { result = .success(try await body(database)) } catch { result = .failure(error) }
        try await database.drop()
        return try result.get()
    }

    /// The one of a server of its own, which goes with it.
    init(environment: ClusterEnvironment) {
        (name, self.environment) = ("zentriq", environment)
    }

    private init(name: String, environment: ClusterEnvironment) {
        (self.name, self.environment) = (name, environment)
    }

    /// As it is now, under another name: a backup, or what is restored from one. Ends every connection to it.
    package func copy() async throws -> TestDatabase {
        let copy = TestDatabase(name: "test_" + Self.randomSuffix(), environment: environment)
        let administrator = try await Administrator.shared.connection(to: environment)
        // A backend that was told to end takes a moment to do so, and PostgreSQL waits for it.
        try await administrator.script(
            """
            SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '\(name)'
            """)
        try await administrator.script("CREATE DATABASE \(copy.name) OWNER zentriq_owner TEMPLATE \(name)")
        try await administrator.script(Self.grants(copy.name))
        return copy
    }

    package func configuration(
        role: Role, transport: ClusterEnvironment.Transport = .socket
    ) throws -> PostgresConfiguration {
        try environment.configuration(role: role, database: name, transport: transport)
    }

    package func connect(role: Role = .owner) async throws -> PostgresConnection {
        try await PostgresConnection.connect(configuration(role: role))
    }

    /// Ends every connection to it and deletes it.
    package func drop() async throws {
        let administrator = try await Administrator.shared.connection(to: environment)
        try await administrator.script("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
    }

    static func clusterEnvironment() throws -> ClusterEnvironment {
        guard let directory = ProcessInfo.processInfo.environment["ZENTRIQ_TEST_CLUSTER"], !directory.isEmpty else {
            throw TestingError("ZENTRIQ_TEST_CLUSTER names no cluster; run the tests with: ops/test")
        }
        return try ClusterEnvironment(directory: directory)
    }

    /// Database privileges are not copied from a template.
    private static func grants(_ name: String) -> String {
        """
        REVOKE CONNECT, TEMPORARY ON DATABASE \(name) FROM PUBLIC;
        GRANT CONNECT ON DATABASE \(name)
        TO zentriq_owner, zentriq_gateway, zentriq_projector, zentriq_retention, zentriq_auditor, zentriq_access,
            zentriq_recorder, zentriq_staff
        """
    }

    static func randomSuffix() -> String {
        String(UInt64.random(in: .min ... .max), radix: 16)
    }
}

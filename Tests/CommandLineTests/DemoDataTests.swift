import Foundation
import Glibc
import Postgres
import PostgresTesting
import Testing

@Suite("Demo data", .timeLimit(.minutes(10)))
struct DemoDataTests {
    @Test("is the same after its filling was killed half-way and begun again later")
    func interrupted() async throws {
        let whole = try await TestDatabase.with { try await Self.fill($0, killedAt: []) }
        let parts = try await TestDatabase.with { try await Self.fill($0, killedAt: [40, 150]) }
        #expect(whole["credit.granted"] == 22)
        // The step that it was killed in was begun twice.
        #expect(whole["credit.checked"].map { $0..<$0 + 3 }?.contains(parts["credit.checked"] ?? 0) == true)
        // What the service itself counts, once it is up, it may not have come to.
        for type in Set(whole.keys).union(parts.keys) where !["credit.checked", "usage.counted"].contains(type) {
            #expect(parts[type] == whole[type], "\(type)")
        }
    }

    /// - Parameter sizes: of the log, when the service is killed and begun again.
    /// - Returns: how many events there are of each type.
    private static func fill(_ database: TestDatabase, killedAt sizes: [Int64]) async throws -> [String: Int64] {
        try await withTemporaryFolder { folder in
            let connection = try await database.connect(role: .superuser)
            for size in sizes {
                let service = try start(database, folder)
                while try await connection.query("SELECT coalesce(max(size), 0) FROM zentriq.heads").only().int64(0)
                    < size
                {
                    try #require(service.isRunning)
                    try await Task.sleep(for: .milliseconds(5))
                }
                stop(service)
                // Another second by the clock.
                try await Task.sleep(for: .milliseconds(1_100))
            }
            let service = try start(database, folder)
            let output = folder.appending(path: "log")
            while try !String(contentsOf: output, encoding: .utf8).contains("serving") {
                try #require(service.isRunning)
                try await Task.sleep(for: .milliseconds(50))
            }
            stop(service)
            let rows = try await connection.query("SELECT type, count(*) FROM zentriq.events GROUP BY type")
            await connection.close()
            return Dictionary(
                try rows.map { (try $0.string(0), try $0.int64(1)) }, uniquingKeysWith: { $1 })
        }
    }

    private static func stop(_ service: Process) {
        kill(service.processIdentifier, SIGKILL)
        service.waitUntilExit()
    }

    private static func start(_ database: TestDatabase, _ folder: URL) throws -> Process {
        let gateway = try database.configuration(role: .gateway)
        var environment = [
            "ZENTRIQ_DATABASE_SOCKET": gateway.host, "ZENTRIQ_DATABASE_PORT": "\(gateway.port)",
            "ZENTRIQ_DATABASE_NAME": gateway.database, "ZENTRIQ_DATA_DIRECTORY": folder.path,
            "ZENTRIQ_HTTP_PORT": "0", "ZENTRIQ_METRICS_PORT": "0", "ZENTRIQ_SCHEMA_DIRECTORY": schemaDirectory,
        ]
        for (name, role) in [
            ("GATEWAY", TestDatabase.Role.gateway), ("PROJECTOR", .projector), ("AUDITOR", .auditor),
        ] {
            environment["ZENTRIQ_\(name)_PASSWORD"] = try database.configuration(role: role).password
        }
        let log = folder.appending(path: "log")
        try Data().write(to: log)
        let process = Process()
        process.executableURL = Bundle.main.bundleURL.appending(path: "zentriq")
        process.arguments = ["dev"]
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        let output = try FileHandle(forWritingTo: log)
        (process.standardOutput, process.standardError) = (output, output)
        try process.run()
        return process
    }

    private static let schemaDirectory = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "schema").path
}

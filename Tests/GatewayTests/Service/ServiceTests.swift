import CanonicalJSON
import Foundation
import Gateway
import HTTPTypes
import Postgres
import PostgresTesting
import Testing

@testable import EventStore

extension GatewayTests {
    @Suite("Load, shutdown and readiness")
    struct ServiceTests {
        @Test("fifty requests in hand are finished before the service ends, then it takes no more")
        func inFlight() async throws {
            try await TestGateway.with(.init(isListening: true)) { gateway in
                let customer = try await gateway.customer(credits: 50)
                let blocker = try await gateway.blocker()
                let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                    let capture: @Sendable () async throws -> Answer = {
                        try await gateway.post("/v1/captures", gateway.capture(), token: customer.token)
                    }
                    group.addTask(operation: capture)
                    try await blocker.waitUntilItBlocks()
                    for _ in 1..<50 { group.addTask(operation: capture) }
                    while gateway.platform.writer.mailbox.depth < 49 { try await Task.sleep(for: .milliseconds(5)) }
                    await gateway.shutDown()
                    try await blocker.script("COMMIT")
                    return try await group.reduce(into: [Answer]()) { $0.append($1) }
                }
                await blocker.close()
                #expect(answers.count == 50)
                #expect(answers.allSatisfy { $0.status == 201 })
                let events = try await gateway.connected(as: .superuser) { connection in
                    try await connection.query("SELECT count(*) FROM zentriq.events WHERE type = 'credit.debited'")
                }
                #expect(try events.only().int64(0) == 50)
                await #expect(throws: (any Error).self) { try await gateway.get("/livez") }
            }
        }

        @Test("when too many requests wait, the next one is told to come again, and nothing is recorded of it")
        func overload() async throws {
            var options = TestGateway.Options()
            options.writing.queuedCommands = 2
            try await TestGateway.with(options) { gateway in
                let customer = try await gateway.customer(credits: 50)
                let blocker = try await gateway.blocker()
                let capture: @Sendable () async throws -> Answer = {
                    try await gateway.post("/v1/captures", gateway.capture(), token: customer.token)
                }
                let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                    group.addTask(operation: capture)
                    try await blocker.waitUntilItBlocks()
                    for _ in 0..<2 { group.addTask(operation: capture) }
                    while gateway.platform.writer.mailbox.depth < 2 { try await Task.sleep(for: .milliseconds(5)) }
                    let refused = try await capture()
                    expect(refused, is: 503, "overloaded")
                    #expect(refused.headers[.retryAfter] == "1")
                    try await blocker.script("COMMIT")
                    return try await group.reduce(into: [Answer]()) { $0.append($1) }
                }
                await blocker.close()
                #expect(answers.map(\.status) == [201, 201, 201])
                #expect(try await gateway.available(customer) == "47")
            }
        }

        @Test("a service whose database lacks a migration is healthy, but not ready")
        func pendingMigration() async throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "schema-\(UUID().uuidString)")
            try FileManager.default.copyItem(atPath: TestGateway.schemaDirectory, toPath: folder.path)
            defer { try? FileManager.default.removeItem(at: folder) }
            try Data("SELECT 1;".utf8).write(to: folder.appending(path: "9999_next.sql"))
            var options = TestGateway.Options()
            options.schemaDirectory = folder.path
            try await TestGateway.with(options) { gateway in
                _ = try await gateway.settled("/api/health", status: 200)
                let ready = try await gateway.get("/readyz")
                expect(ready, is: 503, "unavailable")
                let checks = ready.object?["checks"]?.objectValue
                #expect(checks?["database"] == .bool(true))
                #expect(checks?["migrations"] == .bool(false))
            }
        }

        @Test("over a socket everything is as in the router")
        func socket() async throws {
            try await TestGateway.with(.init(isListening: true)) { gateway in
                let customer = try await gateway.customer(credits: 1)
                let body = gateway.capture()
                let first = try await gateway.post("/v1/captures", body, token: customer.token)
                #expect(first.status == 201)
                let again = try await gateway.post("/v1/captures", body, token: customer.token)
                #expect(again.status == 200)
                #expect(again.body == first.body)
                #expect(again.headers[.replayed] == "true")
                expect(try await gateway.post("/v1/captures", gateway.capture(), token: customer.token), is: 402)
                expect(try await gateway.get("/v1/captures"), is: 401)
                let large = try await gateway.send(
                    .post, "/v1/captures", token: customer.token, bytes: Array(repeating: 0x20, count: 4_097),
                    headers: [.contentType: "application/json"])
                expect(large, is: 413, "payload-too-large")
            }
        }
    }
}

extension TestGateway {
    /// A connection that keeps every append waiting until it commits.
    func blocker() async throws -> PostgresConnection {
        let connection = try await PostgresConnection.connect(configuration(.superuser))
        try await connection.script("BEGIN; SELECT 1 FROM zentriq.heads FOR UPDATE")
        return connection
    }
}

extension PostgresConnection {
    nonisolated func waitUntilItBlocks() async throws {
        while true {
            let rows = try await query(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))")
            if try rows.only().int64(0) > 0 { return }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}

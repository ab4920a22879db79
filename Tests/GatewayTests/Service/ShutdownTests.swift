import CanonicalJSON
import Foundation
import Gateway
import HTTPTypes
import Postgres
import PostgresTesting
import Testing

@testable import EventStore

extension GatewayTests {
    @Suite("Shutdown")
    struct ShutdownTests {
        @Test("fifty requests in hand are finished before the service ends, then it takes no more")
        func inFlight() async throws {
            try await TestGateway.with(.init(isListening: true)) { gateway in
                let customer = try await gateway.customer(credits: 50)
                // Whoever holds the head's row keeps every append waiting.
                let blocker = try await PostgresConnection.connect(gateway.configuration(.superuser))
                try await blocker.script("BEGIN; SELECT 1 FROM zentriq.heads FOR UPDATE")
                let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                    let capture: @Sendable () async throws -> Answer = {
                        try await gateway.post("/v1/captures", gateway.capture(), token: customer.token)
                    }
                    group.addTask(operation: capture)
                    try await waitUntilBlocked(on: blocker)
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

        private func waitUntilBlocked(on connection: PostgresConnection) async throws {
            while true {
                let rows = try await connection.query(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
                )
                if try rows.only().int64(0) > 0 { return }
                try await Task.sleep(for: .milliseconds(5))
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

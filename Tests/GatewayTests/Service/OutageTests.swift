import CanonicalJSON
import Foundation
import HTTPTypes
import Postgres
import PostgresTesting
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension GatewayTests {
    /// A server of its own, which goes away and comes back.
    @Suite("Outage")
    struct OutageTests {
        @Test("the service says that its database is gone, and serves again when it is back")
        func outage() async throws {
            try await PrivateCluster.with { cluster in
                try await cluster.migrate()
                try await TestGateway.with(configuration: { try cluster.configuration(role: $0) }) { gateway in
                    let customer = try await gateway.customer(credits: 3)
                    _ = try await gateway.settled("/api/health", status: 200)

                    try await cluster.stop(immediate: true)
                    let health = try await gateway.settled("/api/health", status: 503)
                    expect(health, is: 503, "unavailable")
                    #expect(health.object?["checks"] == nil)
                    let ready = try await gateway.settled("/readyz", status: 503)
                    expect(ready, is: 503, "unavailable")
                    #expect(ready.object?["checks"]?.objectValue?["database"] == .bool(false))
                    #expect(try await gateway.get("/livez").status == 200)

                    let body = gateway.capture()
                    let refused = try await gateway.post("/v1/captures", body, token: customer.token)
                    expect(refused, is: 503)
                    #expect(refused.headers[.retryAfter] != nil)
                    let read = try await gateway.get("/v1/credits/balance?product=punchout", token: customer.token)
                    expect(read, is: 503)

                    try await cluster.start()
                    _ = try await gateway.settled("/api/health", status: 200)
                    var answer = try await gateway.post("/v1/captures", body, token: customer.token)
                    while answer.status == 503 {
                        try await Task.sleep(for: .milliseconds(20))
                        answer = try await gateway.post("/v1/captures", body, token: customer.token)
                    }
                    #expect([200, 201].contains(answer.status), "\(answer.text)")
                    #expect(try await gateway.available(customer) == "2")

                    try await frozen(gateway)
                }
            }
        }

        /// A database that takes questions and answers none.
        private func frozen(_ gateway: TestGateway) async throws {
            let processes = try await gateway.connected(as: .superuser) { connection in
                let directory = try await connection.query("SHOW data_directory").only().string(0)
                let file = try String(contentsOfFile: directory + "/postmaster.pid", encoding: .utf8)
                let main = try #require(file.split(separator: "\n").first.flatMap { Int32($0) })
                let rows = try await connection.query("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
                return try [main] + rows.map { try $0.int32(0) }
            }
            for process in processes { kill(process, SIGSTOP) }
            _ = try await gateway.settled("/api/health", status: 503)
            for process in processes { kill(process, SIGCONT) }
            _ = try await gateway.settled("/api/health", status: 200)
        }
    }
}

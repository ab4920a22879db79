import BenchmarkReport
import Foundation
import Postgres

/// The least that a prepaid debit could be, without HTTP, events, hashes and idempotency: one statement, by pgbench.
struct Floor: Sendable {
    static let clients = [8, 32, 64]
    private static let units: Int64 = 1_000_000_000

    let server: Server
    let tool: Tool
    let folder: String

    static func make(_ zentriq: Server, tool: Tool, folder: String) async throws -> Floor {
        try await zentriq.connection.script("DROP DATABASE IF EXISTS floor")
        try await zentriq.connection.script("CREATE DATABASE floor")
        let server = try await Server.connect(database: "floor")
        try await server.connection.script(
            """
            CREATE TABLE accounts (id int PRIMARY KEY, balance bigint NOT NULL) WITH (fillfactor = 50);
            CREATE TABLE movements (id bigserial PRIMARY KEY, account int NOT NULL, balance bigint NOT NULL,
                                    payload text NOT NULL, at timestamptz NOT NULL DEFAULT now());
            INSERT INTO accounts SELECT i, \(units) FROM generate_series(1, 1000) AS i;
            """)
        return Floor(server: server, tool: tool, folder: folder)
    }

    func run(clients: Int, seconds: Int, hot: Bool) async throws -> LoadSample {
        let processor = Usage.ofFamily(server.postmaster)
        let wal = try await server.walBytes()
        let disk = try await server.diskBytes()
        let output = try await tool.run(
            "pgbench",
            [
                "-n", "-M", "prepared", "-c", String(clients), "-j", "2", "-T", String(seconds), "-f",
                "\(folder)/\(hot ? "floor_hot" : "floor").sql",
            ], server.address)
        guard var sample = ToolOutput.pgbench(output) else { throw BenchFailure("pgbench printed: \(output)") }
        let operations = Double(sample.operations)
        sample.cost = LoadSample.Cost(
            gateway: nil, postgres: (Usage.ofFamily(server.postmaster) - processor) / operations,
            wal: Double(try await server.walBytes() - wal) / operations,
            disk: Double(try await server.diskBytes() - disk) / operations)
        try await check()
        return sample
    }

    private func check() async throws {
        let lost = try await server.number(
            "SELECT (SELECT sum(\(Self.units) - balance) FROM accounts)::bigint - (SELECT count(*) FROM movements)")
        guard lost == 0 else { throw BenchFailure("INVARIANT: the floor's balances and movements differ by \(lost)") }
    }
}

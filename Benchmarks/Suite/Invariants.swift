import BenchmarkReport
import Foundation
import Postgres

/// What must hold after every load. A run that breaks one has no result.
struct Invariants: Sendable {
    struct Count: Sendable {
        let size: Int64
        let debits: Int64
    }

    let server: Server
    let tool: Tool
    let service: String
    let state: String

    func count() async throws -> Count {
        let row = try await server.connection.query(Self.counted).only()
        return Count(size: try row.int64(0), debits: try row.int64(1))
    }

    /// No debit lost, none twice, no balance below zero or other than its events say, and a tree that verifies from
    /// where the load began.
    func check(_ load: Load, _ result: ToolOutput.Wrk, since before: Count) async throws {
        let debited = try await count().debits - before.debits
        // wrk leaves without the last answers: what it was still waiting for may be in, or not. One more request it makes
        // at the start, to see what the script gives, and never sends.
        let waiting = Int64(Load.connections) + 1
        let sent = Int64(load.debits ? result.fresh : 0)
        try require(
            load.name, (max(0, sent - waiting)...sent).contains(debited), "\(sent) debits sent, \(debited) recorded")
        if load.kind == .capture, load.repeats == 0 {
            try require(
                load.name, debited >= result.requests, "\(result.requests) debits answered, \(debited) recorded")
        }
        try await check(load.name, since: before)
    }

    /// After an open loop, all of whose requests were answered.
    func check(_ name: String, debits: Int, since before: Count) async throws {
        let debited = try await count().debits - before.debits
        try require(name, debited == debits, "\(debits) debits answered, \(debited) recorded")
        try await check(name, since: before)
    }

    private func check(_ name: String, since before: Count) async throws {
        try require(name, try await server.number(Self.wrongBalances) == 0, "a balance is not what the events say")
        try await verify(from: before.size)
    }

    /// The service's own verification, of everything from a position on.
    func verify(from position: Int64) async throws {
        let database = server.address["PGDATABASE"] ?? ""
        do {
            _ = try await tool.run(
                service,
                ["verify", "log", "--from", String(position), "--state", "\(state)/verified-checkpoint-\(database)"],
                ["ZENTRIQ_DATA_DIRECTORY": state, "ZENTRIQ_DATABASE_NAME": database])
        } catch let failure as BenchFailure {
            throw BenchFailure("INVARIANT: the log does not verify: \(failure)")
        }
    }

    private func require(_ name: String, _ condition: Bool, _ reason: String) throws {
        guard condition else { throw BenchFailure("INVARIANT: \(name): \(reason)") }
    }

    private static let counted = Statement(
        """
        SELECT (SELECT size FROM zentriq.heads WHERE log_id = 1),
               (SELECT count(*) FROM zentriq.events WHERE class = 'billing' AND type = 'credit.debited')
        """)

    /// Accounts whose folded balance is below zero, or not grants minus debits.
    private static let wrongBalances = """
        SELECT count(*) FROM zentriq.balances AS b
        JOIN (SELECT tenant_id, stream_id,
                     sum(CASE type WHEN 'credit.granted' THEN 1 WHEN 'credit.debited' THEN -1 END
                         * (data::jsonb ->> 'units')::bigint) AS expected
              FROM zentriq.events WHERE class = 'billing' GROUP BY 1, 2) AS e
          ON e.tenant_id = b.tenant_id AND e.stream_id = 'account-' || b.product
        WHERE b.balance < 0 OR b.balance <> e.expected
        """
}

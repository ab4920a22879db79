import Foundation
import Postgres
import PostgresTesting
import Testing
import TransparencyLog

@testable import EventStore

extension TestLog {
    /// Everything of this log that the database holds, as one text: to show that nothing has changed.
    func contents() async throws -> String {
        try await use(.auditor) { connection in
            try await connection.query(
                """
                SELECT concat_ws(E'\\n',
                    (SELECT h::text FROM zentriq.heads h WHERE log_id = $1),
                    (SELECT string_agg(e::text, E'\\n' ORDER BY position) FROM zentriq.events e WHERE log_id = $1),
                    (SELECT string_agg(s::text, E'\\n' ORDER BY s::text) FROM zentriq.streams s WHERE log_id = $1),
                    (SELECT string_agg(o::text, E'\\n' ORDER BY o::text) FROM zentriq.outcomes o WHERE log_id = $1))
                """, [.int4(log.rawValue)]
            ).only().string(0)
        }
    }

    /// A plan for the log as it is now, on a connection of its own.
    func planned(_ commands: [Command<Counter>], on database: LogDatabase) async throws -> Plan<Counter> {
        var planner = BatchPlanner<Counter>(
            origin: origin, head: try await database.readHead(), limits: SequencerLimits(), random: .system)
        let streams = planner.missingStreams(of: commands)
        for (key, entry) in zip(streams, try await database.load(streams, as: Counter.self)) {
            planner.loaded(entry, for: key)
        }
        var plan = planner.plan(commands, now: .test)
        let next = plan.batch.next
        plan.batch.next.checkpoint = String(
            decoding: try signer.checkpoint(size: next.tree.size, root: next.root).encoded(), as: UTF8.self)
        return plan
    }

    /// Holds the log's head while the body runs, so that no append comes to an end.
    func holdingHead<Value>(_ body: () async throws -> Value) async throws -> Value {
        try await use(.gateway) { connection in
            try await connection.begin()
            try await connection.query("SELECT 1 FROM zentriq.lock_head($1)", [.int4(log.rawValue)])
            let result: Result<Value, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            await connection.rollback()
            return try result.get()
        }
    }
}

extension EventTime {
    /// Within the months that every database has partitions for.
    static var test: EventTime { WallClock.system.now() }
}

/// Expects the server to refuse with one of these codes.
func expectRefused(
    _ sqlStates: String..., sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async {
    await #expect(sourceLocation: sourceLocation) {
        try await body()
    } throws: { error in
        (error as? PostgresError)?.sqlState.map(sqlStates.contains) ?? false
    }
}

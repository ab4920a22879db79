import BenchmarkReport
import EventStore
import Foundation
import Gateway
import Postgres
import Projections

/// Reading a whole log: verification and replay against COPY of the same columns of the same rows, which nobody looks
/// at.
struct Replaying: Sendable {
    static let verify = "verification, events"
    static let replay = "replay, events"
    static let copy = "psql \\copy to /dev/null, events"
    private static let columns = """
        SELECT position, recorded_at, version, tenant_id, event_id, actor, request_id, schema_version, class, stream_id, \
        type, salt, commitment, data, key_id FROM zentriq.events WHERE log_id = 1 ORDER BY position
        """

    let log: BenchLog
    let tool: Tool

    func run(rounds: Int) async throws -> [LoadRow] {
        let events = Int(try await log.reader.head().nextPosition.rawValue)
        let auditor = PostgresPool(configuration: try log.settings.database(.auditor, development: true), size: 2)
        var verified: [LoadSample] = []
        var replayed: [LoadSample] = []
        var copied: [LoadSample] = []
        for round in 1...rounds {
            Progress.say("replay, round \(round)")
            copied.append(try await Measured.load(events, on: log.server) { try await copy() })
            verified.append(try await Measured.load(events, on: log.server) { _ = try await log.verify() })
            replayed.append(try await Measured.load(events, on: log.server) { try await replay(auditor) })
        }
        await auditor.close()
        return [LoadRow(Self.copy, copied), LoadRow(Self.verify, verified), LoadRow(Self.replay, replayed)]
    }

    private func copy() async throws {
        _ = try await tool.run(
            "psql",
            ["--no-psqlrc", "--quiet", "-c", "\\copy (\(Self.columns)) TO '/dev/null' (FORMAT binary)"],
            log.server.address)
    }

    private func replay(_ pool: PostgresPool) async throws {
        let origin = log.signer.origin
        let reader = LogReader(
            log: BenchLog.log, origin: origin, pool: pool, keys: SubjectKeys(origin: origin, keys: log.keys))
        let report = try await Projections.Replay(reader: reader).run()
        guard report.findingCount == 0 else { throw BenchFailure("INVARIANT: \(log.name): \(report.findings)") }
    }
}

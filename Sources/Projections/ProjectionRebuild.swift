import Billing
package import EventStore
import Postgres

/// Makes a new generation of a projection beside the active one, compares both, and switches.
package struct ProjectionRebuild: Sendable {
    /// How often a generation that was served meanwhile and has come further is caught up with before the switch.
    package static let maximumAttempts = 20

    package struct Progress: Sendable {
        /// Everything before it is in.
        package let next: LogPosition
        package let size: LogPosition
    }

    package struct Report: Sendable {
        package let events: Int64
        package let digest: String
        /// Of the old generation, at the same position. Nil if there was nothing to compare with.
        package let replacedDigest: String?
        package let parked: Int64
        package let isSwitched: Bool

        /// Whether the rows that were served until now were those that the log gives.
        package var isUnchanged: Bool { replacedDigest == nil || replacedDigest == digest }
    }

    let projection: any Projection
    let store: ProjectionStore
    let reader: LogReader

    package init(_ projection: any Projection, store: ProjectionStore, reader: LogReader) {
        self.projection = projection
        self.store = store
        self.reader = reader
    }

    /// Resumes an interrupted rebuild. If the rows differ from those served until now, they are switched all the same
    /// (the log is right), and the report tells; unless `onlyIfEqual`.
    package func run(onlyIfEqual: Bool = false, progress: @Sendable (Progress) -> Void) async throws -> Report {
        let old = try await store.activeGeneration(of: projection.name)
        let new = Generation(log: store.log, number: old.number + 1)
        _ = try await store.pool.query(Self.insert, key(new))
        let writer = ProjectionWriter(projection: projection, generation: new, pool: store.pool)
        for attempt in 1...Self.maximumAttempts {
            let size = try await reader.head().nextPosition
            taking: while true {
                switch try await writer.step(from: reader) {
                case .moved(let next, _): progress(Progress(next: next, size: max(next, size)))
                case .upToDate: break taking
                case .gone: throw ProjectionError.overtaken(projection.name)
                }
            }
            let isLast = attempt == Self.maximumAttempts
            if let report = try await finish(old: old, new: new, onlyIfEqual: onlyIfEqual, evenIfBehind: isLast) {
                return report
            }
        }
        throw ProjectionError.overtaken(projection.name)
    }

    /// Compares both generations up to where both have come, and switches in the same transaction. Nil if the old one
    /// has come further meanwhile: nobody should see rows go away that were there a moment ago.
    private func finish(
        old: Generation, new: Generation, onlyIfEqual: Bool, evenIfBehind: Bool
    ) async throws -> Report? {
        let (projection, oldKey, newKey) = (projection, key(old), key(new))
        return try await store.pool.withConnection { connection in
            try await connection.withTransaction { connection in
                _ = try connection.run(Self.noTimeout)
                let rows = try connection.run(Self.lockBoth, oldKey + [.int4(new.number)])
                guard rows.count == 2 else { throw ProjectionError.overtaken(projection.name) }
                let (oldNext, newNext) = (LogPosition(try rows[0].int64(0)), LogPosition(try rows[1].int64(0)))
                if newNext < oldNext, !evenIfBehind { return nil }
                let common = min(oldNext, newNext)
                let oldDigest = try projection.digest(of: old, before: common, on: connection)
                let newDigest = try projection.digest(of: new, before: common, on: connection)
                let parked = try connection.run(Self.countParked, newKey).first?.int64(0) ?? 0
                let maySwitch = !onlyIfEqual || oldDigest == newDigest
                if maySwitch {
                    _ = try connection.run(Self.deactivate, oldKey)
                    _ = try connection.run(Self.activate, newKey)
                    try projection.clear(old, on: connection)
                    _ = try connection.run(Self.delete, oldKey)
                } else {
                    try projection.clear(new, on: connection)
                    _ = try connection.run(Self.delete, newKey)
                }
                return Report(
                    events: newNext.rawValue, digest: newDigest, replacedDigest: common.rawValue == 0 ? nil : oldDigest,
                    parked: parked, isSwitched: maySwitch)
            }
        }
    }

    private func key(_ generation: Generation) -> [Parameter] {
        [.int4(generation.log.rawValue), .text(projection.name), .int4(generation.number)]
    }

    /// Under the lock of the active one: whoever destroys events waits for it, and finds the new one then.
    private static let insert = Statement(
        """
        INSERT INTO zentriq.projections (log_id, name, generation)
        SELECT $1, $2, $3 FROM (
            SELECT FROM zentriq.projections WHERE log_id = $1 AND name = $2 AND active FOR UPDATE) AS active
        ON CONFLICT DO NOTHING
        """)
    /// As long as the rows take: whatever the session allows for a statement is meant for pages.
    private static let noTimeout = Statement("SELECT set_config('statement_timeout', '0', true)")
    private static let lockBoth = Statement(
        """
        SELECT next_position FROM zentriq.projections
        WHERE log_id = $1 AND name = $2 AND generation IN ($3, $4) ORDER BY generation FOR UPDATE
        """)
    private static let countParked = Statement(
        "SELECT count(*) FROM zentriq.parked_events WHERE log_id = $1 AND name = $2 AND generation = $3")
    private static let deactivate = Statement(
        "UPDATE zentriq.projections SET active = false WHERE log_id = $1 AND name = $2 AND generation = $3")
    private static let activate = Statement(
        "UPDATE zentriq.projections SET active = true WHERE log_id = $1 AND name = $2 AND generation = $3")
    private static let delete = Statement(
        "DELETE FROM zentriq.projections WHERE log_id = $1 AND name = $2 AND generation = $3")
}

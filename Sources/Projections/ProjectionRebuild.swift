import Billing
package import EventStore
import Postgres

/// Makes a new generation of a projection beside the active one, compares both, and switches.
package struct ProjectionRebuild: Sendable {
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
        var size = try await reader.head().nextPosition
        var checkpoint = try await writer.checkpoint()
        repeat {
            let page = try await reader.all(
                from: checkpoint.next, since: checkpoint.recordedAt, limit: Subscription.pageSize)
            guard !page.isEmpty else { break }
            _ = try await writer.apply(page)
            checkpoint = try await writer.checkpoint()
            if checkpoint.next >= size { size = try await reader.head().nextPosition }
            progress(Progress(next: checkpoint.next, size: size))
        } while checkpoint.next < size
        return try await finish(old: old, new: new, onlyIfEqual: onlyIfEqual)
    }

    /// Compares both generations up to where both have come, and switches in the same transaction.
    private func finish(old: Generation, new: Generation, onlyIfEqual: Bool) async throws -> Report {
        let (projection, oldKey, newKey) = (projection, key(old), key(new))
        return try await store.pool.withConnection { connection in
            try await connection.withTransaction { connection in
                let rows = try connection.run(Self.lockBoth, oldKey + [.int4(new.number)])
                let positions = try rows.map { LogPosition(try $0.int64(0)) }
                guard positions.count == 2, let common = positions.min(), let last = positions.max() else {
                    throw LogError.corrupt("a generation of \(projection.name) is missing")
                }
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
                    events: last.rawValue, digest: newDigest, replacedDigest: common.rawValue == 0 ? nil : oldDigest,
                    parked: parked, isSwitched: maySwitch)
            }
        }
    }

    private func key(_ generation: Generation) -> [Parameter] {
        [.int4(generation.log.rawValue), .text(projection.name), .int4(generation.number)]
    }

    private static let insert = Statement(
        """
        INSERT INTO zentriq.projections (log_id, name, generation) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
        """)
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

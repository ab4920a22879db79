import Billing
import EventStore
import Postgres

/// Moves one generation of a projection forward: rows and checkpoint in one transaction, so that a crash at any point
/// leaves both as they were or both as they should be.
struct ProjectionWriter: Sendable {
    let projection: any Projection
    let generation: Generation
    let pool: PostgresPool

    struct Checkpoint: Sendable {
        var next: LogPosition
        var recordedAt: EventTime
    }

    func checkpoint() async throws -> Checkpoint {
        let rows = try await pool.query(Self.selectCheckpoint, key)
        guard let row = rows.first else { throw LogError.corrupt("projection \(projection.name) has no checkpoint") }
        return Checkpoint(
            next: LogPosition(try row.int64(0)), recordedAt: EventTime(microseconds: try row.timestamp(1)))
    }

    /// Takes a page of the log that starts at the checkpoint. An event that can't be taken is parked with the reason,
    /// and the others go on. False if the checkpoint was elsewhere: another process has moved it.
    func apply(_ page: [RecordedEvent]) async throws -> Bool {
        var taken: [DecodedEvent] = []
        var parked: [(RecordedEvent, String)] = []
        for event in page where projection.categories.contains(String(event.stream.stream.category)) {
            do throws(EventDecodingError) {
                taken.append(DecodedEvent(recorded: event, payload: try DomainEvent(event)))
            } catch {
                parked.append((event, error.description))
            }
        }
        do {
            return try await commit(taken, parked, upTo: page)
        } catch let error as PostgresError where error.isRefusedData {
            return try await applyOneByOne(page, taken, parked)
        }
    }

    /// A row of the page was refused by the database. Finds out which, parks it, and takes the others.
    private func applyOneByOne(
        _ page: [RecordedEvent], _ taken: [DecodedEvent], _ parked: [(RecordedEvent, String)]
    ) async throws -> Bool {
        for event in page {
            let own = taken.filter { $0.recorded.position == event.position }
            let ownParked = parked.filter { $0.0.position == event.position }
            do {
                guard try await commit(own, ownParked, upTo: [event]) else { return false }
            } catch let error as PostgresError where error.isRefusedData {
                let reason = "refused by the database: \(error.description)"
                guard try await commit([], [(event, reason)], upTo: [event]) else { return false }
            }
        }
        return true
    }

    private func commit(
        _ taken: [DecodedEvent], _ parked: [(RecordedEvent, String)], upTo page: [RecordedEvent]
    ) async throws -> Bool {
        guard let first = page.first, let last = page.last else { return true }
        let (projection, generation, key) = (projection, generation, key)
        return try await pool.withConnection { connection in
            try await connection.withTransaction { connection in
                let moved = try connection.run(
                    Self.moveCheckpoint,
                    key + [
                        .int8(first.position.rawValue), .int8(last.position.rawValue + 1),
                        .timestamptz(microsecondsSinceUnixEpoch: last.recordedAt.microseconds),
                    ])
                guard moved.affected == 1 else { return false }
                if !taken.isEmpty { try projection.apply(taken, to: generation, on: connection) }
                for (event, reason) in parked {
                    _ = try connection.run(Self.park, key + [.int8(event.position.rawValue), .text(reason)])
                }
                return true
            }
        }
    }

    private var key: [Parameter] {
        [.int4(generation.log.rawValue), .text(projection.name), .int4(generation.number)]
    }

    private static let selectCheckpoint = Statement(
        """
        SELECT next_position, recorded_at FROM zentriq.projections
        WHERE log_id = $1 AND name = $2 AND generation = $3
        """)
    private static let moveCheckpoint = Statement(
        """
        UPDATE zentriq.projections SET next_position = $5, recorded_at = $6
        WHERE log_id = $1 AND name = $2 AND generation = $3 AND next_position = $4
        """)
    private static let park = Statement(
        """
        INSERT INTO zentriq.parked_events (log_id, name, generation, position, reason) VALUES ($1, $2, $3, $4, $5)
        """)
}

extension PostgresError {
    /// The values themselves were refused: data exceptions and violated constraints. Trying again changes nothing.
    fileprivate var isRefusedData: Bool {
        guard let sqlState else { return false }
        return sqlState.hasPrefix("22") || sqlState.hasPrefix("23")
    }
}

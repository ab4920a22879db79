import Billing
import EventStore
import Postgres

/// Moves one generation of a projection forward: rows and checkpoint in one transaction, so that a crash at any point
/// leaves both as they were or both as they should be.
struct ProjectionWriter: Sendable {
    let projection: any Projection
    let generation: Generation
    let pool: PostgresPool

    enum Step: Sendable, Equatable {
        /// A page is in, by this process or another; there may be more.
        case moved(next: LogPosition, isFullPage: Bool)
        case upToDate(next: LogPosition)
        /// A rebuild has put another generation in the place of this one.
        case gone
    }

    /// Takes the next page of the log. An event that can't be taken is parked with the reason, and the others go on.
    /// Throws if a position is missing: what comes after it must not be taken as if nothing had been.
    func step(from reader: LogReader) async throws -> Step {
        guard let row = try await pool.query(Self.selectCheckpoint, key).first else { return .gone }
        let next = LogPosition(try row.int64(0))
        let page = try await reader.all(
            from: next, since: EventTime(microseconds: try row.timestamp(1)), limit: Subscription.pageSize)
        guard let last = page.last else { return .upToDate(next: next) }
        for (offset, event) in page.enumerated() where event.position.rawValue != next.rawValue + Int64(offset) {
            throw LogError.corrupt("position \(next.rawValue + Int64(offset)) is missing")
        }
        _ = try await apply(page)
        return .moved(
            next: LogPosition(last.position.rawValue + 1), isFullPage: page.count == Subscription.pageSize)
    }

    /// False if the checkpoint was elsewhere than at the page's first event: another process has moved it.
    private func apply(_ page: [RecordedEvent]) async throws -> Bool {
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
        } catch  where Self.refusal(error) != nil {
            return try await applyOneByOne(page, taken, parked)
        }
    }

    /// A row of the page was refused. Finds out which, parks it, and takes the others.
    private func applyOneByOne(
        _ page: [RecordedEvent], _ taken: [DecodedEvent], _ parked: [(RecordedEvent, String)]
    ) async throws -> Bool {
        for event in page {
            let own = taken.filter { $0.recorded.position == event.position }
            let ownParked = parked.filter { $0.0.position == event.position }
            do {
                guard try await commit(own, ownParked, upTo: [event]) else { return false }
            } catch {
                guard let reason = Self.refusal(error) else { throw error }
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

    /// Why an event can't be taken, however often it is tried: the projection itself, a data exception or a violated
    /// constraint. Nil for everything else.
    private static func refusal(_ error: any Error) -> String? {
        switch error {
        case ProjectionError.refused(let reason): reason
        case let error as PostgresError where ["22", "23"].contains(error.sqlState?.prefix(2)):
            "refused by the database: \(error.description)"
        default: nil
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

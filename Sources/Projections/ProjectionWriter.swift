import Billing
import EventStore
import Metrics
import Postgres
import Retention

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

    /// Events of a page were destroyed between reading them and taking them.
    private struct PageHasGone: Error {}

    /// Takes the next page of the projection's class. An event that can't be taken is parked with the reason, and the
    /// others go on.
    func step(from reader: LogReader) async throws -> Step {
        while true {
            do { return try await attempt(from: reader) } catch is PageHasGone { try Task.checkCancellation() }
        }
    }

    private func attempt(from reader: LogReader) async throws -> Step {
        guard let row = try await pool.query(Self.selectCheckpoint, key + Self.sweep).first else { return .gone }
        let sweeps = try row.int64(2)
        let start = Checkpoint(
            next: LogPosition(try row.int64(0)), recordedAt: EventTime(microseconds: try row.timestamp(1)))
        // Read first: positions are in the order of commits, so that whatever is below this one is there for good.
        let head = try await reader.head()
        guard start.next < head.nextPosition else { return .upToDate(next: start.next) }
        let page = try await reader.events(
            of: projection.retention, at: start.next..<head.nextPosition, since: start.recordedAt,
            limit: Subscription.pageSize)
        let isFull = page.count == Subscription.pageSize
        let end =
            isFull
            ? page.last.map(Checkpoint.init(after:)) ?? start
            : Checkpoint(next: head.nextPosition, recordedAt: head.recordedAt)
        _ = try await apply(page, readAt: sweeps, from: start, to: end)
        return .moved(next: end.next, isFullPage: isFull)
    }

    /// How far a generation has come.
    private struct Checkpoint: Sendable {
        /// Everything before it is in.
        let next: LogPosition
        /// No event from there on is older.
        let recordedAt: EventTime

        init(next: LogPosition, recordedAt: EventTime) {
            self.next = next
            self.recordedAt = recordedAt
        }

        init(after event: RecordedEvent) {
            self.init(next: LogPosition(event.position.rawValue + 1), recordedAt: event.recordedAt)
        }
    }

    /// - Parameter sweeps: the version of the stream of certificates, from before the page was read.
    /// - Returns: false if the checkpoint was elsewhere than at the start: another process has moved it.
    private func apply(
        _ page: [RecordedEvent], readAt sweeps: Int64, from start: Checkpoint, to end: Checkpoint
    ) async throws -> Bool {
        var taken: [DecodedEvent] = []
        var parked: [(RecordedEvent, String)] = []
        let skipped = Counter(label: "projection_events_destroyed", dimensions: [("projection", projection.name)])
        for event in page {
            switch event.closed {
            // Gone, as it should be: nothing is left that could be taken.
            case .destroyed?:
                skipped.increment()
                continue
            case .damaged?:
                parked.append((event, event.closed.map { "\($0)" } ?? ""))
                continue
            case .noVersion?, .noKeys?, nil: break
            }
            do throws(EventDecodingError) {
                taken.append(DecodedEvent(recorded: event, payload: try DomainEvent(event)))
            } catch {
                parked.append((event, error.description))
            }
        }
        do {
            return try await commit(page, readAt: sweeps, taken, parked, from: start, to: end)
        } catch  where Self.refusal(error) != nil {
            return try await applyOneByOne(page, readAt: sweeps, taken, parked, from: start, to: end)
        }
    }

    /// A row of the page was refused. Finds out which, parks it, and takes the others.
    private func applyOneByOne(
        _ page: [RecordedEvent], readAt sweeps: Int64, _ taken: [DecodedEvent], _ parked: [(RecordedEvent, String)],
        from start: Checkpoint, to end: Checkpoint
    ) async throws -> Bool {
        var reached = start
        for event in page {
            let own = taken.filter { $0.recorded.position == event.position }
            let ownParked = parked.filter { $0.0.position == event.position }
            let next = Checkpoint(after: event)
            do {
                guard try await commit([event], readAt: sweeps, own, ownParked, from: reached, to: next) else {
                    return false
                }
            } catch {
                guard let reason = Self.refusal(error) else { throw error }
                guard try await commit([event], readAt: sweeps, [], [(event, reason)], from: reached, to: next) else {
                    return false
                }
            }
            reached = next
        }
        return reached.next == end.next ? true : try await commit([], readAt: sweeps, [], [], from: reached, to: end)
    }

    /// - Parameter page: all events of the class between two positions.
    private func commit(
        _ page: [RecordedEvent], readAt sweeps: Int64, _ taken: [DecodedEvent], _ parked: [(RecordedEvent, String)],
        from start: Checkpoint, to end: Checkpoint
    ) async throws -> Bool {
        let (projection, generation, key) = (projection, generation, key)
        return try await pool.withConnection { connection in
            try await connection.withTransaction { connection in
                let moved = try connection.run(
                    Self.moveCheckpoint,
                    key + [
                        .int8(start.next.rawValue), .int8(end.next.rawValue),
                        .timestamptz(microsecondsSinceUnixEpoch: end.recordedAt.microseconds),
                    ])
                guard moved.affected == 1 else { return false }
                // Whoever destroys events holds the checkpoint meanwhile, and certifies it in the same transaction: what is
                // there now is there until the commit.
                let newest = try connection.run(Self.selectSweeps, [.int4(generation.log.rawValue)] + Self.sweep)
                if try newest.only().int64(0) != sweeps, let first = page.first, let last = page.last {
                    let present = try connection.run(
                        Self.countPresent,
                        [
                            .int4(generation.log.rawValue), .text(projection.retention.rawValue),
                            .int8(first.position.rawValue), .int8(last.position.rawValue),
                            .timestamptz(microsecondsSinceUnixEpoch: first.recordedAt.microseconds),
                            .timestamptz(microsecondsSinceUnixEpoch: last.recordedAt.microseconds),
                        ])
                    guard try present.only().int64(0) == Int64(page.count) else { throw PageHasGone() }
                }
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

    private static var sweep: [Parameter] { [.uuid(TenantID.system.rawValue), .text(Streams.sweep.name)] }

    private static let selectCheckpoint = Statement(
        """
        SELECT next_position, recorded_at, (
            SELECT coalesce(max(version), 0) FROM zentriq.streams
            WHERE log_id = $1 AND tenant_id = $4 AND stream_id = $5)
        FROM zentriq.projections WHERE log_id = $1 AND name = $2 AND generation = $3
        """)
    private static let selectSweeps = Statement(
        """
        SELECT coalesce(max(version), 0) FROM zentriq.streams
        WHERE log_id = $1 AND tenant_id = $2 AND stream_id = $3
        """)
    private static let moveCheckpoint = Statement(
        """
        UPDATE zentriq.projections SET next_position = $5, recorded_at = $6
        WHERE log_id = $1 AND name = $2 AND generation = $3 AND next_position = $4
        """)
    private static let countPresent = Statement(
        """
        SELECT count(*) FROM zentriq.events
        WHERE log_id = $1 AND class = $2 AND position BETWEEN $3 AND $4 AND recorded_at BETWEEN $5 AND $6
        """)
    private static let park = Statement(
        """
        INSERT INTO zentriq.parked_events (log_id, name, generation, position, reason) VALUES ($1, $2, $3, $4, $5)
        """)
}

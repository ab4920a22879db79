package import Postgres
import TransparencyLog

/// Destroys events by right: rows and certificate in one transaction, so that a crash at any point leaves both as they
/// were or both as they should be. What may go, the database decides; this side signs for the log.
///
/// The rows go first, and the log's head is locked last, for as long as the append of the certificate takes.
package struct Eraser: Sendable {
    package struct Batch: Sendable {
        /// Positions that went, the first and the last.
        package let positions: ClosedRange<LogPosition>
        package let count: Int64
        package let certificates: Int
    }

    /// What has to be appended when these events go, given what was appended before for their streams.
    package typealias Carry =
        @Sendable (_ expired: [RecordedEvent], _ carried: [RecordedEvent]) throws -> [(StreamKey, NewEvent)]

    let log: LogID
    let signer: LogSigner
    let configuration: PostgresConfiguration
    let clock: WallClock
    let random: RandomBytes
    /// How long a statement may take: certifying a partition reads all of it.
    private static let patience = Duration.seconds(600)
    /// Positions between the first and the last of one certificate: as `zentriq.destroy_rows` has it.
    package static let maximumSpan: Int64 = 1_048_576

    /// - Parameter configuration: with the role of retention.
    package init(
        log: LogID, signer: LogSigner, configuration: PostgresConfiguration, clock: WallClock,
        random: RandomBytes = .system
    ) {
        self.log = log
        self.signer = signer
        self.configuration = configuration
        self.clock = clock
        self.random = random
    }

    /// A connection for all that follows. The certificates' month has its partition then.
    package func connect() async throws -> PostgresConnection {
        var configuration = configuration
        configuration.statementTimeout = Self.patience
        let connection = try await PostgresConnection.connect(configuration)
        do {
            try await PartitionKeeper.ensure(around: clock.now(), on: connection)
            return connection
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Takes the lease, which the connection has until it ends. False if somebody else has it.
    package func takeLease(on connection: PostgresConnection) async throws -> Bool {
        try await connection.query(Self.takeLease, [.int4(log.rawValue)]).only().bool(0)
    }

    /// Before the connection ends, as that takes its time.
    package func endLease(on connection: PostgresConnection) async throws {
        _ = try await connection.query(Self.endLease, [.int4(log.rawValue)])
    }

    /// Destroys the oldest rows of a class that are due: at most `limit`, from a position on. Nil if none is.
    ///
    /// - Parameters:
    ///   - cutoff: nothing that was recorded at that time or later, whatever the policy allows.
    ///   - carry: for classes that something is folded from.
    package func eraseRows(
        of retention: RetentionClass, before cutoff: EventTime?, from: LogPosition, limit: Int32, carry: Carry?,
        on connection: PostgresConnection
    ) async throws -> Batch? {
        let now = clock.now()
        return try await transaction(connection) {
            var carried: [(StreamKey, NewEvent)] = []
            let which = parameters(retention, now, cutoff) + [.int8(from.rawValue), .int4(limit)]
            var expired: [RecordedEvent] = []
            if let carry {
                expired = try await connection.query(Self.expiredEvents, which).map(RecordedEvent.init)
                // One certificate spans no more.
                let end = (expired.first?.position.rawValue ?? 0) + Self.maximumSpan
                expired.removeAll { $0.position.rawValue >= end }
                let before = try await connection.query(
                    Self.carriedEvents,
                    [
                        .int4(log.rawValue), .uuidArray(expired.map(\.stream.tenant.rawValue)),
                        .textArray(expired.map(\.stream.stream.name)),
                    ]
                ).map(RecordedEvent.init)
                carried = try carry(expired, before)
            }
            let certified = try await connection.query(Self.destroyRows, which).map(Certified.init)
            guard let batch = certified.batch else { return nil }
            guard
                carry == nil
                    || (batch.count == Int64(expired.count) && batch.positions.upperBound == expired.last?.position)
            else { throw LogError.unavailable }
            try await append(certified, carrying: carried, now: now, on: connection)
            return batch
        }
    }

    /// Destroys the oldest partition of a class that is due as a whole. Nil if there is none.
    package func erasePartition(
        of retention: RetentionClass, before cutoff: EventTime?, on connection: PostgresConnection
    ) async throws -> Batch? {
        let now = clock.now()
        return try await transaction(connection) {
            let certified = try await connection.query(
                Self.certifyPartition, parameters(retention, now, cutoff), deadline: Self.patience
            ).map(Certified.init)
            guard let batch = certified.batch else { return nil }
            try await append(certified, carrying: [], now: now, on: connection)
            _ = try await connection.query(Self.dropCertified, [.int4(log.rawValue)])
            return batch
        }
    }

    /// How many rows of a class are due.
    package func countDue(
        of retention: RetentionClass, before cutoff: EventTime?, on connection: PostgresConnection
    ) async throws -> Int64 {
        try await connection.query(
            Self.countDue, parameters(retention, clock.now(), cutoff), deadline: Self.patience
        ).only().int64(0)
    }

    /// Drops partitions that are due and empty; returns how many.
    package func dropEmptyPartitions(of retention: RetentionClass, on connection: PostgresConnection) async throws
        -> Int32
    {
        try await connection.query(
            Self.dropEmpty,
            [
                .int4(log.rawValue), .text(retention.rawValue),
                .timestamptz(microsecondsSinceUnixEpoch: clock.now().microseconds),
            ]
        ).only().int32(0)
    }

    // MARK: In the transaction

    func transaction(
        _ connection: PostgresConnection, _ body: () async throws -> Batch?
    ) async throws -> Batch? {
        try await connection.begin()
        do {
            guard let batch = try await body() else {
                await connection.rollback()
                return nil
            }
            try await connection.commit()
            return batch
        } catch {
            await connection.rollback()
            throw error
        }
    }

    /// Locks the head, and appends: what is carried forward, and after it the certificates.
    func append(
        _ certified: [Certified], carrying carried: [(StreamKey, NewEvent)], now: EventTime,
        on connection: PostgresConnection
    ) async throws {
        let database = LogDatabase(log: log, connection: connection, deadline: .seconds(20))
        let certificates = Command<NoState>(
            tenant: TenantID(Self.systemTenant), actor: nil, request: nil, streams: [Self.sweep]
        ) { draft in
            for certificate in certified {
                draft.append(NewEvent(Self.swept, data: certificate.text), to: Self.sweep)
            }
            return []
        }
        let commands = carried.map(Self.command) + [certificates]
        let streams = Array(Set(commands.flatMap { command in command.streams.map { StreamKey(command.tenant, $0) } }))
        let known = try await database.lock(streams: streams, as: NoState.self)
        try known.head.requireSigner(signer)
        var limits = SequencerLimits()
        limits.batchEvents = .max
        limits.batchBytes = .max
        limits.cachedStreams = max(limits.cachedStreams, 2 * commands.count + 2)
        var planner = BatchPlanner<NoState>(origin: signer.origin, head: known.head, limits: limits, random: random)
        for (key, entry) in zip(streams, known.streams) { planner.loaded(entry, for: key) }
        var plan = planner.plan(commands, now: now)
        for result in plan.results { _ = try result.get() }
        let next = plan.batch.next
        let checkpoint = try signer.checkpoint(size: next.tree.size, root: next.root)
        plan.batch.next.checkpoint = String(decoding: checkpoint.encoded(), as: UTF8.self)
        guard case .appended = try await database.append(plan.batch, committing: false) else {
            throw LogError.unavailable
        }
    }

    private static func command(_ stream: StreamKey, _ event: NewEvent) -> Command<NoState> {
        Command(tenant: stream.tenant, actor: nil, request: nil, streams: [stream.stream]) { draft in
            draft.append(event, to: stream.stream)
            return []
        }
    }

    private func parameters(_ retention: RetentionClass, _ now: EventTime, _ cutoff: EventTime?) -> [Parameter] {
        [
            .int4(log.rawValue), .text(retention.rawValue), .timestamptz(microsecondsSinceUnixEpoch: now.microseconds),
            .timestamptz(microsecondsSinceUnixEpoch: cutoff?.microseconds ?? .max),
        ]
    }
}

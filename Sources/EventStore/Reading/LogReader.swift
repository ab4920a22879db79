package import Postgres
import TransparencyLog

/// Reads the log. Positions have no gaps and are in the order of commits, so whatever is read up to a position is
/// complete, and stays so. A limit beyond ``maximumPage`` is taken for it.
package struct LogReader: Sendable {
    /// Largest page that is read at once.
    package static let maximumPage = 10_000

    package let log: LogID
    package let origin: String
    let pool: PostgresPool
    let keys: SubjectKeys?

    /// - Parameter keys: open what is sealed. Without them it stays closed, and says so.
    package init(log: LogID, origin: String, pool: PostgresPool, keys: SubjectKeys? = nil) {
        self.log = log
        self.origin = origin
        self.pool = pool
        self.keys = keys
    }

    package enum Direction: Sendable {
        case forward, backward
    }

    /// Whether the database has the log at all.
    package func exists() async throws -> Bool {
        try await !pool.query(Self.log, [.int4(log.rawValue)]).isEmpty
    }

    /// The head, as last committed.
    package func head() async throws -> LogHead {
        try await pool.withConnection { try await head(on: $0) }
    }

    /// Makes sure that the log exists, with an empty tree signed by its first key. Throws if the database has the log
    /// under another origin, or if another key signs for it.
    package func createLog(signer: LogSigner) async throws {
        let checkpoint = try signer.checkpoint(size: 0, root: MerkleTree.emptyRoot).encoded()
        _ = try await pool.query(
            Self.createLog,
            [
                .int4(log.rawValue), .text(origin), .text(signer.verifier.text),
                .text(String(decoding: checkpoint, as: UTF8.self)),
            ])
        try await head().requireSigner(signer)
    }

    package func head(on connection: PostgresConnection) async throws -> LogHead {
        try await LogDatabase(log: log, connection: connection, deadline: .seconds(10)).readHead()
    }

    /// Events of a stream, from a version on (inclusive) or, backward, from a version down. Whoever knows the class of
    /// the stream's events spares looking into the partitions of all others.
    package func stream(
        _ key: StreamKey, of retention: RetentionClass? = nil, from version: StreamVersion? = nil,
        direction: Direction = .forward, limit: Int = maximumPage
    ) async throws -> [RecordedEvent] {
        let start = version?.rawValue ?? (direction == .forward ? 1 : Int64.max)
        let rows = try await tenantQuery(
            key.tenant, Self.stream(direction, classIsKnown: retention != nil),
            [
                .int4(log.rawValue), .uuid(key.tenant.rawValue), .text(key.stream.name), .int8(start), Self.page(limit),
            ] + (retention.map { [.text($0.rawValue)] } ?? []))
        return try await events(rows, of: key.tenant)
    }

    /// Events of all tenants in the order of the log, from a position on (inclusive). Needs a role that may see all
    /// tenants. `since` may be given when it is known that no event from the position on is older: it spares looking
    /// into the partitions of earlier months.
    package func all(
        from position: LogPosition, since: EventTime? = nil, category: String? = nil, limit: Int = maximumPage
    ) async throws -> [RecordedEvent] {
        try await events(
            pool.query(
                category == nil ? Self.byPosition : Self.byCategory,
                [
                    .int4(log.rawValue), .int8(position.rawValue),
                    .timestamptz(microsecondsSinceUnixEpoch: since?.microseconds ?? 0), Self.page(limit),
                ] + (category.map { [.text($0 + "-%"), .text($0)] } ?? [])))
    }

    /// Events of one class, of all tenants, within these positions: like ``all(from:since:category:limit:)``, and looking
    /// into the partitions of that class alone.
    ///
    /// - Parameter category: only streams that are told apart within this one.
    package func events(
        of retention: RetentionClass, category: String? = nil, at positions: Range<LogPosition>, since: EventTime,
        limit: Int = maximumPage
    ) async throws -> [RecordedEvent] {
        try await events(
            pool.query(
                Self.byClass(categoryIsKnown: category != nil),
                [
                    .int4(log.rawValue), .int8(positions.lowerBound.rawValue),
                    .timestamptz(microsecondsSinceUnixEpoch: since.microseconds), Self.page(limit),
                    .text(retention.rawValue), .int8(positions.upperBound.rawValue),
                ] + (category.map { [.text($0 + "-%")] } ?? [])))
    }

    /// The tenant's event at a position. Whoever knows its class spares looking into the partitions of all others.
    package func event(
        at position: LogPosition, tenant: TenantID, of retention: RetentionClass? = nil
    ) async throws -> RecordedEvent? {
        let rows = try await tenantQuery(
            tenant, Self.atPosition(classIsKnown: retention != nil),
            [.int4(log.rawValue), .int8(position.rawValue)] + (retention.map { [.text($0.rawValue)] } ?? []))
        return try await events(rows, of: tenant).first
    }

    /// The newest version of a stream and its folded state, as of the last commit. `logTime` is when the log's newest
    /// event was recorded: no decision is made as of an earlier time.
    package func head<State: StreamState>(
        of key: StreamKey, as: State.Type
    ) async throws -> (version: StreamVersion, position: LogPosition, state: State, logTime: EventTime)? {
        let rows = try await tenantQuery(
            key.tenant, Self.streamHead,
            [.int4(log.rawValue), .uuid(key.tenant.rawValue), .text(key.stream.name)])
        guard let row = rows.first else { return nil }
        let state = try row.optionalString(2).map { try State(snapshot: Array($0.utf8)) } ?? State()
        return (
            StreamVersion(try row.int64(0)), LogPosition(try row.int64(1)), state,
            EventTime(microseconds: try row.timestamp(3))
        )
    }

    package func outcome(of key: OutcomeKey) async throws -> Outcome? {
        try await tenantQuery(
            key.tenant, Self.outcome, [.int4(log.rawValue), .uuid(key.tenant.rawValue), .bytea(key.hash.bytes)]
        ).first.map { try Outcome($0, from: 0) }
    }

    /// Streams whose state time alone changes up to `time`, the longest overdue first.
    package func dueStreams(at time: EventTime, limit: Int) async throws -> [StreamKey] {
        let rows = try await pool.query(
            Self.dueStreams, [.int4(log.rawValue), .int8(time.microseconds), Self.page(limit)])
        return try Self.streamKeys(rows)
    }

    // Inlined into the function above, it makes the compiler (6.3.1, optimising) crash.
    @inline(never)
    private static func streamKeys(_ rows: Rows) throws -> [StreamKey] {
        try rows.map(StreamKey.init)
    }

    static func page(_ limit: Int) -> Parameter {
        .int8(Int64(min(max(limit, 0), maximumPage)))
    }

    /// Events of a tenant by somebody else's query, for ``columns(of:)``.
    package func events(
        of tenant: TenantID, _ statement: Statement, _ parameters: [Parameter]
    ) async throws -> [RecordedEvent] {
        try await events(tenantQuery(tenant, statement, parameters), of: tenant)
    }

    /// One transaction, in which the tenant is set.
    package func tenantQuery(
        _ tenant: TenantID, _ statement: Statement, _ parameters: [Parameter]
    ) async throws -> Rows {
        try await pool.tenantQuery(tenant, statement, parameters)
    }
}

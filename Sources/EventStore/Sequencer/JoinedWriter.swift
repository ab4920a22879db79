package import Postgres
import TransparencyLog

/// Appends to the log in one transaction with changes of other tables, beside the sequencer: both or neither.
///
/// The other tables' rows are changed first; the log's head is locked last, for as long as the append takes. The
/// sequencer then finds that another writer came first, as it would with another process.
package struct JoinedWriter<State: StreamState>: Sendable {
    private static var maximumAttempts: Int { 5 }
    private static var pause: Duration { .milliseconds(20) }

    /// The transaction, in which the tenant is set: row-level security lets its rows through, and no others.
    package struct Transaction {
        package let connection: PostgresConnection
        fileprivate let writer: JoinedWriter
        fileprivate var size: Int64?

        package func query(_ statement: Statement, _ parameters: [Parameter]) async throws -> Rows {
            try await connection.query(statement, parameters)
        }

        /// Decides the command on its streams as they are now, and appends what it comes to. Nobody else can append
        /// from here on, so that this is the transaction's last step. Without keys: who repeats it is told apart by the
        /// rows that go with it.
        package mutating func append(_ command: Command<State>) async throws -> Accepted {
            precondition(command.key == nil && command.claim == nil, "a joined command has no keys")
            let (accepted, head) = try await writer.append(command, on: connection)
            size = head?.nextPosition.rawValue
            return accepted
        }
    }

    private let log: LogID
    private let signer: LogSigner
    private let pool: PostgresPool
    private let clock: WallClock
    private let random: RandomBytes
    private let signal: CommitSignal

    /// - Parameter pool: with the gateway's role.
    package init(
        log: LogID, signer: LogSigner, pool: PostgresPool, clock: WallClock, random: RandomBytes = .system,
        signal: CommitSignal
    ) {
        self.log = log
        self.signer = signer
        self.pool = pool
        self.clock = clock
        self.random = random
        self.signal = signal
    }

    /// Runs `body` in a transaction, and again if another one was in the way: committed when it returns, undone when it
    /// throws.
    ///
    /// - Throws: what `body` throws, or ``LogError``; `outcomeUnknown` if the commit's answer was lost.
    package func run<Value>(
        of tenant: TenantID, _ body: (inout Transaction) async throws -> Value
    ) async throws -> Value {
        for attempt in 1... {
            do {
                return try await once(tenant, body)
            } catch let error as PostgresError where error.outcomeUnknown {
                throw LogError.outcomeUnknown
            } catch let error as PostgresError where attempt < Self.maximumAttempts && error.isMissingPartition {
                let now = clock.now()
                try await pool.withConnection { try await PartitionKeeper.ensure(around: now, on: $0) }
            } catch let error as PostgresError where attempt < Self.maximumAttempts && error.isWorthRetrying {
                try await Task.sleep(for: Self.pause * attempt)
            } catch LogError.unavailable where attempt < Self.maximumAttempts {
                try await Task.sleep(for: Self.pause * attempt)
            }
        }
        throw LogError.unavailable
    }

    private func once<Value>(
        _ tenant: TenantID, _ body: (inout Transaction) async throws -> Value
    ) async throws -> Value {
        let (value, size) = try await pool.withConnection { connection in
            try await connection.begin()
            do {
                _ = try await connection.query(LogReader.setTenant, [.text(tenant.rawValue.lowercaseText)])
                var transaction = Transaction(connection: connection, writer: self)
                let value = try await body(&transaction)
                try await connection.commit()
                return (value, transaction.size)
            } catch {
                if connection.isInTransaction { await connection.rollback() }
                throw error
            }
        }
        if let size { signal.committed(size: size) }
        return value
    }

    /// The head is nil if there was nothing to append.
    private func append(
        _ command: Command<State>, on connection: PostgresConnection
    ) async throws -> (Accepted, LogHead?) {
        let database = LogDatabase(log: log, connection: connection, deadline: .seconds(20))
        let streams = command.streams.map { StreamKey(command.tenant, $0) }
        let known = try await database.lock(streams: streams, as: State.self)
        try known.head.requireSigner(signer)
        var planner = BatchPlanner<State>(
            origin: signer.origin, head: known.head, limits: SequencerLimits(), random: random)
        for (key, entry) in zip(streams, known.streams) { planner.loaded(entry, for: key) }
        var plan = planner.plan([command], now: clock.now())
        guard let accepted = try plan.results.first?.get() else { throw LogError.unavailable }
        guard !plan.isEmpty else { return (accepted, nil) }
        let next = plan.batch.next
        let checkpoint = try signer.checkpoint(size: next.tree.size, root: next.root)
        plan.batch.next.checkpoint = String(decoding: checkpoint.encoded(), as: UTF8.self)
        guard case .appended = try await database.append(plan.batch, committing: false) else {
            throw LogError.unavailable
        }
        return (accepted, plan.batch.next)
    }
}

import Postgres
import TransparencyLog

/// A connection of the write path: carries out against Postgres what ``WritePath`` asks for. Owned by one
/// sequencer, on whose thread everything here runs.
final class LogWriter<State: StreamState> {
    private let database: LogDatabase
    private let signer: LogSigner

    private init(database: LogDatabase, signer: LogSigner) {
        self.database = database
        self.signer = signer
    }

    /// Connects, and fences off whatever an earlier connection may still be doing. The head is that of after the fence.
    nonisolated(nonsending) static func connect(
        log: LogID, signer: LogSigner, configuration: PostgresConfiguration, thread: ConnectionThread,
        limits: SequencerLimits
    ) async throws -> (writer: LogWriter, head: LogHead) {
        var configuration = configuration
        configuration.serverOptions.merge(plannerSettings) { $1 }
        // A process that is stopped while it holds the head's lock must not stop every other writer.
        configuration.serverOptions["idle_in_transaction_session_timeout"] = "\(limits.lockSeconds)s"
        let connection = try await PostgresConnection.connect(configuration, thread: thread)
        let database = LogDatabase(log: log, connection: connection, deadline: .seconds(limits.statementSeconds))
        do {
            let head = try await database.fence()
            try head.requireSigner(signer)
            return (LogWriter(database: database, signer: signer), head)
        } catch {
            await connection.close()
            throw error
        }
    }

    /// The write path's few statements only ever look rows up by key. Plans made while tables are small must not scan
    /// them once they are large.
    private static var plannerSettings: [String: String] {
        [
            "enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off",
            "enable_memoize": "off", "jit": "off", "plan_cache_mode": "force_generic_plan",
        ]
    }

    var isAlive: Bool { database.connection.isAlive }

    nonisolated(nonsending) func close() async {
        await database.connection.close()
    }

    /// Throws what the database or the signer throws; no transaction is left open then.
    nonisolated(nonsending) func perform(_ request: WritePath<State>.Request) async throws -> WritePath<State>.Event {
        do {
            return try await carryOut(request)
        } catch {
            if database.connection.isInTransaction { await database.connection.rollback() }
            throw error
        }
    }

    private nonisolated(nonsending) func carryOut(_ request: WritePath<State>.Request) async throws
        -> WritePath<State>.Event
    {
        switch request {
        case .load(let streams): return .loaded(try await database.load(streams, as: State.self))
        case .lock(let streams, let outcomes):
            let known = try await database.lock(streams: streams, outcomes: outcomes, as: State.self)
            try known.head.requireSigner(signer)
            return .locked(known)
        case .unlock:
            await database.connection.rollback()
            return .unlocked
        case .lookUp(let outcomes):
            let known = try await database.load(outcomes)
            try known.head.requireSigner(signer)
            return .lookedUp(known)
        case .append(var batch):
            try sign(&batch)
            return .appended(try await database.append(batch, committing: database.connection.isInTransaction))
        case .settle(let batch): return .settled(isInLog: try await database.holds(batch))
        case .makePartitions(let time):
            try await PartitionKeeper.ensure(around: time, on: database.connection)
            return .partitionsMade
        }
    }

    /// One signature for all commands of a batch: the checkpoint is there with the events.
    private func sign(_ batch: inout AppendBatch) throws {
        let checkpoint = try signer.checkpoint(size: batch.next.tree.size, root: batch.next.root)
        batch.next.checkpoint = String(decoding: checkpoint.encoded(), as: UTF8.self)
    }
}

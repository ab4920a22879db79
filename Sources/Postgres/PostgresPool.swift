package import Logging
import Synchronization

/// A fixed number of connections, lent one task at a time, in the order the tasks came.
///
/// Connections are made when first needed. A broken one is replaced with growing pauses between the attempts; the
/// tasks that need one wait for that no longer than their own patience.
package final class PostgresPool: Sendable {
    private typealias State = PoolState<PostgresConnection, CheckedContinuation<Turn, Never>>

    /// What ends the wait of a task.
    private enum Turn: Sendable {
        case lease(PoolLease<PostgresConnection>)
        case full
        case closed
        case cancelled
        case expired
    }

    private struct Contents {
        var state: State
        var backoff = Backoff()
        var drainers: [CheckedContinuation<Void, Never>] = []
    }

    private let configuration: PostgresConfiguration
    private let patience: Duration
    private let logger: Logger
    private let contents: Mutex<Contents>

    /// - Parameter patience: how long a task waits for a connection, an attempt to connect included.
    package init(
        configuration: PostgresConfiguration, size: Int, patience: Duration = .seconds(5),
        logger: Logger = Logger(label: "postgres")
    ) {
        self.configuration = configuration
        self.patience = patience
        self.logger = logger
        contents = Mutex(Contents(state: State(size: size, maximumWaiters: Limits.poolWaiters)))
    }

    /// Lends a connection to `body`. A transaction it leaves open is rolled back.
    ///
    /// - Throws: what `body` throws; `poolExhausted`, `connectFailed`, `cancelled` or `closed` when there is none.
    nonisolated(nonsending) package func withConnection<Value>(
        patience: Duration? = nil, _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        let connection = try await lease(patience ?? self.patience)
        let value: Value
        do {
            value = try await body(connection)
        } catch {
            await giveBack(connection)
            throw error
        }
        await giveBack(connection)
        return value
    }

    /// Runs one statement. A connection that turns out to be dead before anything was sent is replaced, once.
    @discardableResult
    package func query(
        _ statement: Statement, _ parameters: [Parameter] = [], deadline: Duration? = nil
    ) async throws(PostgresError) -> Rows {
        try await retrying { connection async throws(PostgresError) in
            try await connection.query(statement, parameters, deadline: deadline)
        }
    }

    /// Runs several statements as one transaction in one round trip, as `query` does one.
    @discardableResult
    package func pipeline(
        _ steps: [(Statement, [Parameter])], deadline: Duration? = nil
    ) async throws(PostgresError) -> [Rows] {
        try await retrying { connection async throws(PostgresError) in
            try await connection.pipeline(steps, deadline: deadline)
        }
    }

    /// Ends all waits, waits for the connections that are lent, and closes everything. Can be called again.
    package func close() async {
        let (waiters, idle) = contents.withLock { $0.state.close() }
        for waiter in waiters { waiter.resume(returning: .closed) }
        for connection in idle { await connection.close() }
        await withCheckedContinuation { continuation in
            let drained = contents.withLock {
                if !$0.state.isDrained { $0.drainers.append(continuation) }
                return $0.state.isDrained
            }
            if drained { continuation.resume() }
        }
    }

    private func retrying<Value: Sendable>(
        _ body: (PostgresConnection) async throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        do throws(PostgresError) {
            return try await once(body)
        } catch  where error.kind == .connectionLost && !error.outcomeUnknown {
            return try await once(body)
        }
    }

    private func once<Value: Sendable>(
        _ body: (PostgresConnection) async throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        let connection = try await lease(patience)
        do throws(PostgresError) {
            let value = try await body(connection)
            await giveBack(connection)
            return value
        } catch {
            await giveBack(connection)
            throw error
        }
    }

    // MARK: Leases

    private func lease(_ patience: Duration) async throws(PostgresError) -> PostgresConnection {
        let limit = ContinuousClock.now + patience
        switch try await turn(limit) {
        case .connection(let connection):
            if !connection.hasUnreadInput { return connection }
            if await connection.verify() { return connection }
            return try await connect(until: limit)
        case .slot:
            return try await connect(until: limit)
        }
    }

    private func turn(_ limit: ContinuousClock.Instant) async throws(PostgresError) -> PoolLease<PostgresConnection> {
        let first: State.Acquisition = contents.withLock {
            // A free connection costs no ticket, no timer and no continuation.
            $0.state.waiting == 0 ? $0.state.acquire() : .wait
        }
        switch first {
        case .lease(let lease): return lease
        case .full: throw PostgresError(.poolExhausted, "too many tasks wait for a connection")
        case .closed: throw PostgresError(.closed, "the connection pool is closed")
        case .wait: break
        }
        switch await wait(limit) {
        case .lease(let lease): return lease
        case .full: throw PostgresError(.poolExhausted, "too many tasks wait for a connection")
        case .closed: throw PostgresError(.closed, "the connection pool is closed")
        case .cancelled: throw PostgresError(.cancelled, "cancelled while waiting for a connection")
        case .expired: throw PostgresError(.poolExhausted, "no connection became free in time")
        }
    }

    private func wait(_ limit: ContinuousClock.Instant) async -> Turn {
        let ticket = contents.withLock { $0.state.drawTicket() }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // A sleep that is cancelled means that the turn came.
                guard (try? await Task.sleep(until: limit, clock: .continuous)) != nil else { return }
                self.giveUp(ticket, .expired)
            }
            defer { group.cancelAll() }
            return await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let acquisition = self.contents.withLock {
                        $0.state.acquire(ticket: ticket, waiter: continuation)
                    }
                    switch acquisition {
                    case .lease(let lease): continuation.resume(returning: .lease(lease))
                    case .full: continuation.resume(returning: .full)
                    case .closed: continuation.resume(returning: .closed)
                    case .wait, nil:
                        // A cancellation that came before the ticket was queued found nothing to give up.
                        if Task.isCancelled { self.giveUp(ticket, .cancelled) }
                    }
                }
            } onCancel: {
                self.giveUp(ticket, .cancelled)
            }
        }
    }

    private func giveUp(_ ticket: Int, _ turn: Turn) {
        contents.withLock { $0.state.giveUp(ticket: ticket) }?.resume(returning: turn)
    }

    private func giveBack(_ connection: PostgresConnection) async {
        if connection.isInTransaction { await connection.rollback() }
        await release(connection.isAlive ? connection : nil)
    }

    private func release(_ connection: PostgresConnection?) async {
        let (action, drainers) = contents.withLock { contents in
            let action = contents.state.release(connection)
            guard contents.state.isDrained else { return (action, [CheckedContinuation<Void, Never>]()) }
            defer { contents.drainers = [] }
            return (action, contents.drainers)
        }
        switch action {
        case .none: break
        case .resume(let waiter, let lease): waiter.resume(returning: .lease(lease))
        case .close(let connection): await connection.close()
        }
        for drainer in drainers { drainer.resume() }
    }

    // MARK: Connecting

    /// Fills a leased slot; gives it back when that fails.
    private func connect(until limit: ContinuousClock.Instant) async throws(PostgresError) -> PostgresConnection {
        do throws(PostgresError) {
            var last: PostgresError?
            while true {
                try await pause(until: limit, after: last)
                do throws(PostgresError) {
                    let connection = try await attempt(limit)
                    contents.withLock { $0.backoff.succeeded() }
                    return connection
                } catch {
                    guard error.kind == .connectFailed, !error.isPermanent else { throw error }
                    last = error
                }
            }
        } catch {
            await release(nil)
            throw error
        }
    }

    private func attempt(_ limit: ContinuousClock.Instant) async throws(PostgresError) -> PostgresConnection {
        var configuration = configuration
        configuration.connectTimeout = max(
            .milliseconds(1), min(configuration.connectTimeout, ContinuousClock.now.duration(to: limit)))
        do throws(PostgresError) {
            return try await PostgresConnection.connect(configuration, logger: logger)
        } catch {
            if error.kind == .connectFailed {
                contents.withLock { $0.backoff.failed(now: .now, jitter: .random(in: 0...1)) }
                logger.warning(
                    "cannot connect to the database", metadata: ["sqlstate": "\(error.sqlState ?? "none")"])
            }
            throw error
        }
    }

    /// Waits for the next attempt to be due. Without the patience for it, the last failure is the answer.
    private func pause(until limit: ContinuousClock.Instant, after last: PostgresError?) async throws(PostgresError) {
        let due = contents.withLock { $0.backoff.notBefore } ?? .now
        if due >= limit || limit <= .now {
            throw last ?? PostgresError(.connectFailed, "the database is not reachable at present")
        }
        guard due > .now else { return }
        do { try await Task.sleep(until: due, clock: .continuous) } catch {
            throw PostgresError(.cancelled, "cancelled while waiting for a connection")
        }
    }
}

extension PostgresError {
    /// Trying again will not help: a wrong password, role or database.
    fileprivate var isPermanent: Bool {
        guard let sqlState else { return false }
        return sqlState.hasPrefix("28") || sqlState == "3D000" || sqlState == "42501"
    }
}

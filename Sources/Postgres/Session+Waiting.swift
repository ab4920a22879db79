import CPostgres
import Glibc

/// Waiting, deadlines, cancellation, and the loss of the connection.
extension Session {
    enum PollOutcome {
        case ready(Int16)
        case interrupted
        case timedOut
    }

    /// Runs one operation from its first byte to the server being ready for the next.
    ///
    /// - Parameter mayCommit: the operation may make something last even inside an explicit transaction.
    func operate<Value>(
        deadline duration: Duration?, mayCommit commits: Bool = true,
        _ body: (OpaquePointer) throws(PostgresError) -> Value
    ) throws(PostgresError) -> Value {
        let connection = try usable()
        guard !isBusy else {
            throw PostgresError(.protocolViolation, "the connection is in the middle of another statement")
        }
        if !ignoresCancellation, wakeup.isRaised { throw PostgresError(.cancelled, "cancelled before it was sent") }
        deadline = .after(duration ?? defaultTimeout)
        guard !deadline.hasPassed else {
            throw PostgresError(.deadlineExceeded, "the deadline had passed before it was sent")
        }
        sent = false
        cancellation = nil
        try readIdle(connection)
        mayCommit = commits || PQtransactionStatus(connection) == PQTRANS_IDLE
        isBusy = true
        defer { finishOperation() }
        do {
            return try body(connection)
        } catch {
            throw explain(error)
        }
    }

    private var defaultTimeout: Duration? {
        configuration.statementTimeout == .zero
            ? nil : configuration.statementTimeout + Limits.statementTimeoutMargin
    }

    func usable() throws(PostgresError) -> OpaquePointer {
        if let connection { return connection }
        throw state.current == .closed
            ? PostgresError(.closed, "the connection is closed")
            : PostgresError(.connectionLost, "the connection was lost earlier")
    }

    /// Takes what came while the connection was idle. A server that has gone away is noticed here, before anything is
    /// sent, and so with a known outcome.
    func readIdle(_ connection: OpaquePointer) throws(PostgresError) {
        for _ in 0..<Limits.idleReads {
            pollDescriptors[0] = pollfd(fd: PQsocket(connection), events: Int16(POLLIN), revents: 0)
            guard Glibc.poll(pollDescriptors, 1, 0) > 0 else { return }
            guard PQconsumeInput(connection) == 1 else { throw lost() }
            _ = PQisBusy(connection)
        }
    }

    func poll(_ events: Int16, until limit: Deadline, interruptible: Bool) -> PollOutcome {
        while true {
            // A negative descriptor is skipped by poll.
            pollDescriptors[0] = pollfd(fd: connection.map { PQsocket($0) } ?? -1, events: events, revents: 0)
            pollDescriptors[1] = pollfd(fd: interruptible ? wakeup.descriptor : -1, events: Int16(POLLIN), revents: 0)
            let count = Glibc.poll(pollDescriptors, 2, limit.pollTimeout)
            if count > 0 {
                return pollDescriptors[1].revents != 0 ? .interrupted : .ready(pollDescriptors[0].revents)
            }
            if limit.hasPassed { return .timedOut }
        }
    }

    /// Waits for the socket. A cancelled task or a passed deadline asks the server, once, to stop; its answer then
    /// comes the usual way. Without one the connection is given up.
    func wait(for events: Int16) throws(PostgresError) -> Int16 {
        while true {
            let interruptible = cancellation == nil && !ignoresCancellation
            let limit = cancellation.map { min($0.graceEnd, $0.nextRequest) } ?? deadline
            switch poll(events, until: limit, interruptible: interruptible) {
            case .ready(let events): return events
            case .interrupted: try cancel(.taskCancelled)
            case .timedOut:
                guard let cancellation, let connection else {
                    try cancel(.deadline)
                    continue
                }
                guard cancellation.graceEnd.hasPassed else {
                    cancellation.request(connection)
                    continue
                }
                close(because: .lost)
                throw PostgresError(
                    .connectionLost, "the server did not answer a cancel request", outcomeUnknown: sent && mayCommit)
            }
        }
    }

    /// Looks, without waiting, whether the task was cancelled or the deadline has passed, and takes what the server has
    /// said: for whoever only writes, and so might never wait.
    func glance(_ connection: OpaquePointer) throws(PostgresError) {
        guard cancellation == nil else { return }
        switch poll(Int16(POLLIN), until: .after(.zero), interruptible: !ignoresCancellation) {
        case .ready: guard PQconsumeInput(connection) == 1 else { throw lost() }
        case .interrupted: try cancel(.taskCancelled)
        case .timedOut: if deadline.hasPassed { try cancel(.deadline) }
        }
    }

    func cancel(_ reason: Cancellation.Reason) throws(PostgresError) {
        guard cancellation == nil, let connection else { return }
        cancellation = try Cancellation(reason: reason, connection: connection)
    }

    /// Sends what is buffered, and waits for nothing else: the server may have nothing to say until it has more. Reads
    /// what comes meanwhile, so that the server is never stuck in writing.
    func drain(_ connection: OpaquePointer) throws(PostgresError) {
        while true {
            let unsent = PQflush(connection)
            if unsent == 0 { return }
            guard unsent == 1 else { throw lost() }
            if try wait(for: Int16(POLLIN | POLLOUT)) & ~Int16(POLLOUT) != 0 {
                guard PQconsumeInput(connection) == 1 else { throw lost() }
            }
        }
    }

    /// Sends what is buffered, waits for the server's answer, and reads what came.
    func pump(_ connection: OpaquePointer) throws(PostgresError) {
        let unsent = PQflush(connection)
        guard unsent >= 0 else { throw lost() }
        let ready = try wait(for: Int16(unsent == 1 ? POLLIN | POLLOUT : POLLIN))
        if ready & Int16(POLLIN | POLLHUP | POLLERR | POLLNVAL) != 0 {
            guard PQconsumeInput(connection) == 1 else { throw lost() }
        }
    }

    /// The next result, or `nil` at the end of a statement's results.
    func nextResult(_ connection: OpaquePointer) throws(PostgresError) -> OpaquePointer? {
        while PQisBusy(connection) == 1 { try pump(connection) }
        let result = PQgetResult(connection)
        if result == nil, PQstatus(connection) == CONNECTION_BAD { throw lost() }
        return result
    }

    /// The connection is gone: closes it and says what the server's last word was.
    func lost(after known: ServerFields? = nil) -> PostgresError {
        var fields = known
        if let connection {
            for _ in 0..<Limits.lastWords where fields?.sqlState == nil {
                guard let result = PQgetResult(connection) else { break }
                fields = ServerFields(result: result)
                PQclear(result)
            }
            if fields == nil { fields = ServerFields(connection: connection) }
        }
        close(because: .lost)
        return PostgresError(
            .connectionLost, "the connection to the database was lost", fields: fields ?? ServerFields(),
            outcomeUnknown: sent && mayCommit)
    }

    /// The conversation is not where it should be: the connection is given up.
    func violation(_ summary: String) -> PostgresError {
        close(because: .lost)
        return PostgresError(.protocolViolation, summary, outcomeUnknown: sent && mayCommit)
    }

    /// A refusal this side asked for carries this side's reason.
    private func explain(_ error: PostgresError) -> PostgresError {
        guard let cancellation, error.sqlState == "57014" || error.kind == .connectionLost else { return error }
        switch cancellation.reason {
        case .taskCancelled:
            return error.replacing(
                kind: .cancelled, summary: "the task was cancelled", outcomeUnknown: error.outcomeUnknown)
        case .deadline:
            return error.replacing(
                kind: .deadlineExceeded, summary: "the deadline passed", outcomeUnknown: error.outcomeUnknown)
        case .consumerFailed: return error
        }
    }

    private func finishOperation() {
        isBusy = false
        if let cancellation, connection != nil, !cancellation.finish() { close(because: .lost) }
        cancellation = nil
        guard let connection else { return }
        // An error that left the answer unread: whatever came next would be taken for another statement's answer.
        if PQtransactionStatus(connection) == PQTRANS_ACTIVE || PQpipelineStatus(connection) != PQ_PIPELINE_OFF {
            close(because: .lost)
            return
        }
        state.set(PQtransactionStatus(connection) == PQTRANS_IDLE ? .idle : .inTransaction)
    }
}

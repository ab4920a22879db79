import CPostgres

package enum IsolationLevel: String, Sendable {
    case readCommitted = "READ COMMITTED"
    case repeatableRead = "REPEATABLE READ"
    case serializable = "SERIALIZABLE"
}

extension PostgresConnection {
    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
    ///
    /// - Throws: what `body` throws; an error of COMMIT, with `outcomeUnknown` when its answer was lost;
    ///   `server("25P02")` when `body` hid the failure of one of its statements.
    package func withTransaction<Value: Sendable>(
        isolation: IsolationLevel = .readCommitted, readOnly: Bool = false,
        _ body: @Sendable (isolated PostgresConnection) throws -> Value
    ) async throws -> Value {
        try await interruptible { _ in
            try self.runTransaction(isolation: isolation, readOnly: readOnly) { try body(self) }
        }
    }

    /// `withTransaction` without suspension.
    package func runTransaction<Value>(
        isolation: IsolationLevel = .readCommitted, readOnly: Bool = false, _ body: () throws -> Value
    ) throws -> Value {
        try runBegin(isolation: isolation, readOnly: readOnly)
        do {
            let value = try body()
            try runCommit()
            return value
        } catch {
            if session.connection != nil, session.transactionStatus != PQTRANS_IDLE { runRollback() }
            throw error
        }
    }

    package func begin(
        isolation: IsolationLevel = .readCommitted, readOnly: Bool = false
    ) async throws(PostgresError) {
        try await cancellable { _ throws(PostgresError) in
            try self.runBegin(isolation: isolation, readOnly: readOnly)
        }
    }

    /// - Throws: as `withTransaction` at its end.
    package func commit() async throws(PostgresError) {
        try await cancellable { _ throws(PostgresError) in try self.runCommit() }
    }

    /// Undoes the transaction. Not disturbed by cancellation; a connection that cannot do it is closed, which has the
    /// same effect.
    package func rollback() {
        runRollback()
    }

    package func runBegin(
        isolation: IsolationLevel = .readCommitted, readOnly: Bool = false
    ) throws(PostgresError) {
        guard session.connection == nil || session.transactionStatus == PQTRANS_IDLE else {
            throw PostgresError(.protocolViolation, "a transaction is open already")
        }
        let access = readOnly ? "READ ONLY" : "READ WRITE"
        try session.operate(deadline: nil, mayCommit: false) { connection throws(PostgresError) in
            _ = try session.command(connection, "BEGIN ISOLATION LEVEL \(isolation.rawValue) \(access)")
        }
    }

    package func runCommit() throws(PostgresError) {
        let tag = try session.operate(deadline: nil, mayCommit: true) { connection throws(PostgresError) in
            try session.command(connection, "COMMIT")
        }
        // The server answers a COMMIT of a failed transaction with ROLLBACK, and no error.
        guard tag == "COMMIT" else {
            var fields = ServerFields()
            fields.sqlState = "25P02"
            throw PostgresError(
                .server(sqlState: "25P02"), "the transaction had failed and was rolled back", fields: fields)
        }
    }

    package func runRollback() {
        session.ignoresCancellation = true
        defer { session.ignoresCancellation = false }
        do throws(PostgresError) {
            try session.operate(deadline: Limits.cancelGrace, mayCommit: false) { connection throws(PostgresError) in
                _ = try session.command(connection, "ROLLBACK")
            }
        } catch {
            session.close(because: .lost)
        }
    }
}

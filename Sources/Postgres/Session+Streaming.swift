import CPostgres

extension Session {
    /// Rows in batches, as they come; `body` runs while the server goes on. What it throws stops the statement.
    func stream(
        _ statement: Statement, _ parameters: [Parameter], batch: Int, deadline: Duration?,
        _ body: (Rows) throws -> Void
    ) throws {
        precondition(batch > 0, "a batch holds at least one row")
        var thrown: (any Error)?
        try operate(deadline: deadline, mayCommit: statement.endsTransaction) {
            connection throws(PostgresError) in
            // A plan that went stale is refused before its first row.
            try preparingAgain(connection, [statement]) { () throws(PostgresError) in
                thrown = try receive(connection, statement, parameters, batch: batch, body)
            }
        }
        if let thrown { throw thrown }
    }

    /// - Returns: what `body` threw.
    private func receive(
        _ connection: OpaquePointer, _ statement: Statement, _ parameters: [Parameter], batch: Int,
        _ body: (Rows) throws -> Void
    ) throws(PostgresError) -> (any Error)? {
        try self.parameters.load(parameters)
        let entry = try prepare(connection, statement, parameters)
        try send(connection, sendPrepared(connection, entry, count: parameters.count))
        PQsetSingleRowMode(connection)
        var thrown: (any Error)?
        var builder = RowsBuilder(columns: entry.columns)
        func hand(_ rows: Rows) throws(PostgresError) {
            do { try body(rows) } catch {
                thrown = error
                try cancel(.consumerFailed)
            }
        }
        do throws(PostgresError) {
            try collect(connection) { result throws(PostgresError) in
                guard thrown == nil else { return }
                try builder.append(result)
                if builder.rowCount >= batch { try hand(builder.take()) }
            }
        } catch  where thrown != nil && error.sqlState == "57014" {
            return thrown
        }
        if thrown == nil, builder.rowCount > 0 { try hand(builder.take()) }
        return thrown
    }
}

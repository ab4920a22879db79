import CPostgres

/// Prepared statements, one at a time, and scripts.
extension Session {
    func query(
        _ statement: Statement, _ parameters: [Parameter], deadline: Duration?
    ) throws(PostgresError) -> Rows {
        try operate(deadline: deadline, mayCommit: statement.endsTransaction) {
            connection throws(PostgresError) in
            try preparingAgain(connection, [statement]) { () throws(PostgresError) in
                try execute(connection, statement, parameters)
            }
        }
    }

    /// Runs `body` again, once, when the server no longer honours what was prepared: tables changed under a plan, or
    /// it was forgotten. In a transaction, which has failed by then, only the next attempt prepares again.
    func preparingAgain<Value>(
        _ connection: OpaquePointer, _ statements: [Statement], _ body: () throws(PostgresError) -> Value
    ) throws(PostgresError) -> Value {
        let idle = PQtransactionStatus(connection) == PQTRANS_IDLE
        do throws(PostgresError) {
            return try body()
        } catch {
            guard error.isStalePlan, self.connection != nil else { throw error }
            guard idle, !statements.contains(where: \.endsTransaction) else {
                for statement in statements { prepared[statement] = nil }
                throw error
            }
            for statement in statements { try forget(statement, connection) }
            return try body()
        }
    }

    private func execute(
        _ connection: OpaquePointer, _ statement: Statement, _ parameters: [Parameter]
    ) throws(PostgresError) -> Rows {
        try self.parameters.load(parameters)
        let entry = try prepare(connection, statement, parameters)
        try send(connection, sendPrepared(connection, entry, count: parameters.count))
        var builder = RowsBuilder(columns: entry.columns)
        try collect(connection) { result throws(PostgresError) in try builder.append(result) }
        entry.columns = builder.describedColumns
        return builder.take()
    }

    /// The statement as prepared on this connection; a round trip the first time.
    func prepare(
        _ connection: OpaquePointer, _ statement: Statement, _ parameters: [Parameter]
    ) throws(PostgresError) -> PreparedStatement {
        if let entry = try known(connection, statement, parameters) { return entry }
        let entry = newEntry(statement, parameters)
        try send(connection, sendPrepare(connection, entry, statement))
        try collect(connection)
        prepared[statement] = entry
        return entry
    }

    /// What is prepared already, after making room.
    func known(
        _ connection: OpaquePointer, _ statement: Statement, _ parameters: [Parameter]
    ) throws(PostgresError) -> PreparedStatement? {
        if let entry = prepared[statement] {
            if entry.fits(parameters) { return entry }
            try forget(statement, connection)
        }
        guard !statement.sql.utf8.contains(0) else {
            throw PostgresError(.invalidParameter, "a statement with a NUL byte")
        }
        if prepared.count >= Limits.preparedStatements {
            try command(connection, "DEALLOCATE ALL")
            prepared = [:]
        }
        return nil
    }

    func newEntry(_ statement: Statement, _ parameters: [Parameter]) -> PreparedStatement {
        preparedCount += 1
        return PreparedStatement(statement: statement, number: preparedCount, parameters: parameters)
    }

    func sendPrepare(_ connection: OpaquePointer, _ entry: PreparedStatement, _ statement: Statement) -> Int32 {
        PQsendPrepare(connection, entry.name, statement.sql, Int32(entry.types.count), entry.types)
    }

    /// Sends what `parameters` holds. Results are asked for in binary.
    func sendPrepared(_ connection: OpaquePointer, _ entry: PreparedStatement, count: Int) -> Int32 {
        PQsendQueryPrepared(
            connection, entry.name, Int32(count), parameters.values, parameters.lengths, parameters.formats, 1)
    }

    func forget(_ statement: Statement, _ connection: OpaquePointer) throws(PostgresError) {
        guard let entry = prepared.removeValue(forKey: statement) else { return }
        do {
            try command(connection, "DEALLOCATE \"\(String(cString: entry.name))\"")
        } catch  where error.sqlState == "26000" {
            // It was forgotten already.
        }
    }

    /// Takes the answer of a `PQsend…`: 0 means that nothing could be queued.
    func send(_ connection: OpaquePointer, _ accepted: Int32) throws(PostgresError) {
        guard accepted == 1 else {
            if PQstatus(connection) == CONNECTION_BAD { throw lost() }
            throw PostgresError(
                .protocolViolation, "the statement could not be sent", fields: ServerFields(connection: connection))
        }
        sent = true
    }

    /// Reads to the end of the statement's results. The first error is thrown there, when the server is ready again.
    func collect(
        _ connection: OpaquePointer, _ each: (OpaquePointer) throws(PostgresError) -> Void = { _ in }
    ) throws(PostgresError) {
        var failure: PostgresError?
        var refusal: ServerFields?
        while let result = try nextResultKeeping(refusal, connection) {
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE, PGRES_EMPTY_QUERY:
                guard failure == nil, refusal == nil else { continue }
                do { try each(result) } catch { failure = error }
            case PGRES_FATAL_ERROR:
                if refusal == nil { refusal = ServerFields(result: result) }
                if PQstatus(connection) == CONNECTION_BAD { throw lost(after: refusal) }
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                throw violation("COPY runs through copyIn and copyOut only")
            default:
                throw violation("the server gave an unexpected answer")
            }
        }
        if let refusal { throw PostgresError(server: refusal) }
        if let failure { throw failure }
    }

    /// A lost connection is reported with the error that came before it, which says why.
    func nextResultKeeping(
        _ refusal: ServerFields?, _ connection: OpaquePointer
    ) throws(PostgresError) -> OpaquePointer? {
        do {
            return try nextResult(connection)
        } catch  where error.kind == .connectionLost && refusal?.sqlState != nil {
            throw PostgresError(
                .connectionLost, "the server ended the connection", fields: refusal ?? ServerFields(),
                outcomeUnknown: error.outcomeUnknown)
        }
    }

    /// One or more statements without parameters, inside a running operation.
    @discardableResult
    func command(_ connection: OpaquePointer, _ sql: String) throws(PostgresError) -> String {
        guard !sql.utf8.contains(0) else { throw PostgresError(.invalidParameter, "a statement with a NUL byte") }
        try send(connection, PQsendQuery(connection, sql))
        var tag = ""
        try collect(connection) { result throws(PostgresError) in
            tag = PQcmdStatus(result).map { String(cString: $0) } ?? ""
        }
        return tag
    }

    func script(_ sql: String, deadline: Duration?) throws(PostgresError) {
        try operate(deadline: deadline) { connection throws(PostgresError) in
            _ = try command(connection, sql)
        }
    }
}

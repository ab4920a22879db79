import CPostgres

/// Several statements in one round trip.
extension Session {
    /// What the server answers to, in order.
    private enum Step {
        case prepare(Statement, PreparedStatement)
        case execute(PreparedStatement)
    }

    /// All steps succeed, or none has an effect: between two Syncs they share an implicit transaction.
    func pipeline(_ steps: [(Statement, [Parameter])], deadline: Duration?) throws(PostgresError) -> [Rows] {
        guard !steps.isEmpty else { return [] }
        let commits = steps.contains { $0.0.endsTransaction }
        return try operate(deadline: deadline, mayCommit: commits) { connection throws(PostgresError) in
            try preparingAgain(connection, steps.map(\.0)) { () throws(PostgresError) in
                try attempt(connection, steps)
            }
        }
    }

    private func attempt(
        _ connection: OpaquePointer, _ steps: [(Statement, [Parameter])]
    ) throws(PostgresError) -> [Rows] {
        // Outside pipeline mode: making room in the cache takes a round trip of its own.
        for (statement, values) in steps { _ = try known(connection, statement, values) }
        guard PQenterPipelineMode(connection) == 1 else { throw violation("no pipeline can be started") }
        var fresh: [Statement: PreparedStatement] = [:]
        let queued: [Step]
        do {
            queued = try queue(connection, steps, &fresh)
        } catch {
            // Part of a pipeline is queued, which libpq cannot take back.
            if sent { close(because: .lost) } else { PQexitPipelineMode(connection) }
            throw error
        }
        let results = try receive(connection, queued, &fresh)
        guard PQexitPipelineMode(connection) == 1 else { throw violation("the pipeline did not end") }
        return try results.get()
    }

    private func queue(
        _ connection: OpaquePointer, _ steps: [(Statement, [Parameter])],
        _ fresh: inout [Statement: PreparedStatement]
    ) throws(PostgresError) -> [Step] {
        var queued: [Step] = []
        queued.reserveCapacity(steps.count + 4)
        // Refused before anything is queued.
        for (_, values) in steps { try parameters.check(values) }
        for (statement, values) in steps {
            var entry = fresh[statement] ?? prepared[statement]
            if entry?.fits(values) != true {
                let new = newEntry(statement, values)
                fresh[statement] = new
                try send(connection, sendPrepare(connection, new, statement))
                queued.append(.prepare(statement, new))
                entry = new
            }
            guard let entry else { continue }
            try parameters.load(values)
            try send(connection, sendPrepared(connection, entry, count: values.count))
            queued.append(.execute(entry))
        }
        guard PQpipelineSync(connection) == 1 else { throw lost() }
        return queued
    }

    /// Reads one answer for each step and the Sync after them, whatever went wrong in between.
    private func receive(
        _ connection: OpaquePointer, _ queued: [Step], _ fresh: inout [Statement: PreparedStatement]
    ) throws(PostgresError) -> Result<[Rows], PostgresError> {
        var rows: [Rows] = []
        rows.reserveCapacity(queued.count)
        var refusal: ServerFields?
        var failure: PostgresError?
        for step in queued {
            var succeeded = false
            while let result = try nextResultKeeping(refusal, connection) {
                defer { PQclear(result) }
                switch PQresultStatus(result) {
                case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                    succeeded = true
                    guard case .execute(let entry) = step, failure == nil else { continue }
                    var builder = RowsBuilder(columns: entry.columns)
                    do { try builder.append(result) } catch { failure = error }
                    entry.columns = builder.describedColumns
                    rows.append(builder.take())
                case PGRES_FATAL_ERROR:
                    if refusal == nil { refusal = ServerFields(result: result) }
                    if PQstatus(connection) == CONNECTION_BAD { throw lost(after: refusal) }
                case PGRES_PIPELINE_ABORTED: break
                default: throw violation("the server gave an unexpected answer in a pipeline")
                }
            }
            if succeeded, case .prepare(let statement, let entry) = step, fresh[statement] === entry {
                // Prepared statements outlive a transaction that fails.
                fresh[statement] = nil
                prepared[statement] = entry
            }
        }
        // The Sync is one result, with no end of results behind it.
        guard let sync = try nextResultKeeping(refusal, connection) else { throw lost(after: refusal) }
        defer { PQclear(sync) }
        guard PQresultStatus(sync) == PGRES_PIPELINE_SYNC else { throw violation("a pipeline without its end") }
        if let refusal { return .failure(PostgresError(server: refusal)) }
        if let failure { return .failure(failure) }
        return .success(rows)
    }
}

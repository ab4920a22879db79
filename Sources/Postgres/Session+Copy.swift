import CPostgres
import Glibc

/// COPY, both ways. What the caller's closure throws stops the COPY and comes back out; the connection stays usable.
extension Session {
    /// - Returns: the rows the server took.
    func copyIn(_ sql: String, deadline: Duration?, next: () throws -> [UInt8]?) throws -> Int {
        var thrown: (any Error)?
        let count = try operate(deadline: deadline) { connection throws(PostgresError) -> Int in
            try startCopy(connection, sql, PGRES_COPY_IN)
            var chunk: [UInt8]?
            repeat {
                do { chunk = try checked(next()) } catch { thrown = error }
                guard thrown == nil, cancellation == nil, let bytes = chunk else { break }
                try put(connection, bytes)
                try glance(connection)
            } while true
            let reason: String? =
                cancellation != nil ? "cancelled" : thrown != nil ? "the client gave up" : nil
            while true {
                let accepted = PQputCopyEnd(connection, reason)
                if accepted == 1 { break }
                guard accepted == 0 else { throw lost() }
                try drain(connection)
            }
            var count = 0
            do throws(PostgresError) {
                try collect(connection) { result throws(PostgresError) in count = RowsBuilder.affected(result) }
            } catch  where thrown != nil && error.sqlState == "57014" {}
            return count
        }
        if let thrown { throw thrown }
        return count
    }

    /// Calls `body` with whole rows, about 64 KiB at a time.
    ///
    /// - Returns: the rows the server sent.
    func copyOut(_ sql: String, deadline: Duration?, _ body: ([UInt8]) throws -> Void) throws -> Int {
        var thrown: (any Error)?
        let count = try operate(deadline: deadline) { connection throws(PostgresError) -> Int in
            try startCopy(connection, sql, PGRES_COPY_OUT)
            var chunk: [UInt8] = []
            func hand() throws(PostgresError) {
                guard thrown == nil, !chunk.isEmpty else { return }
                do { try body(chunk) } catch {
                    thrown = error
                    try cancel(.consumerFailed)
                }
                // Whoever keeps it has it to himself; the next one would be copied while it grows.
                chunk = []
                chunk.reserveCapacity(Limits.copyChunkBytes + Limits.copyChunkBytes / 4)
            }
            while try append(connection, to: &chunk) {
                if chunk.count >= Limits.copyChunkBytes { try hand() }
            }
            var count = 0
            do throws(PostgresError) {
                try collect(connection) { result throws(PostgresError) in count = RowsBuilder.affected(result) }
            } catch  where thrown != nil && error.sqlState == "57014" {}
            try hand()
            return count
        }
        if let thrown { throw thrown }
        return count
    }

    private func checked(_ chunk: [UInt8]?) throws(PostgresError) -> [UInt8]? {
        guard let chunk, chunk.count > Limits.parameterBytes else { return chunk }
        throw PostgresError(.invalidParameter, "a piece of COPY data is too large to send")
    }

    private func startCopy(
        _ connection: OpaquePointer, _ sql: String, _ expected: ExecStatusType
    ) throws(PostgresError) {
        guard !sql.utf8.contains(0) else { throw PostgresError(.invalidParameter, "a statement with a NUL byte") }
        try send(connection, PQsendQuery(connection, sql))
        guard let result = try nextResult(connection) else { throw violation("COPY had no answer") }
        defer { PQclear(result) }
        let status = PQresultStatus(result)
        if status == expected { return }
        if status == PGRES_FATAL_ERROR {
            let refusal = ServerFields(result: result)
            if PQstatus(connection) == CONNECTION_BAD { throw lost(after: refusal) }
            try collect(connection)
            throw PostgresError(server: refusal)
        }
        throw violation("the statement is no COPY in this direction")
    }

    /// Gives the bytes to the socket, so that memory stays bounded by one chunk.
    private func put(_ connection: OpaquePointer, _ bytes: [UInt8]) throws(PostgresError) {
        while true {
            let accepted = bytes.withUnsafeBytes {
                PQputCopyData(connection, $0.bindMemory(to: CChar.self).baseAddress, Int32($0.count))
            }
            if accepted == 1 { break }
            guard accepted == 0 else { throw lost() }
            try drain(connection)
        }
        try drain(connection)
    }

    /// Appends the next row; false at the end of the data.
    private func append(_ connection: OpaquePointer, to chunk: inout [UInt8]) throws(PostgresError) -> Bool {
        var buffer: UnsafeMutablePointer<CChar>?
        while true {
            let length = PQgetCopyData(connection, &buffer, 1)
            if length > 0 {
                chunk.append(contentsOf: UnsafeRawBufferPointer(start: buffer, count: Int(length)))
                PQfreemem(buffer)
                return true
            }
            if length == -1 { return false }
            guard length == 0 else { throw lost() }
            try pump(connection)
        }
    }
}

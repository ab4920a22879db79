extension PostgresConnection {
    /// Sends data to `COPY … FROM STDIN` until `next` gives `nil`.
    ///
    /// - Returns: the rows the server took.
    /// - Throws: what `next` throws, after which nothing of the COPY remains; `server` when the data was refused.
    package func copyIn(
        _ sql: String, deadline: Duration? = nil, next: @Sendable () throws -> [UInt8]?
    ) async throws -> Int {
        try await interruptible { session in try session.copyIn(sql, deadline: deadline, next: next) }
    }

    /// `copyIn` without suspension.
    @discardableResult
    package func runCopyIn(_ sql: String, deadline: Duration? = nil, next: () throws -> [UInt8]?) throws -> Int {
        try session.copyIn(sql, deadline: deadline, next: next)
    }

    /// Receives the data of `COPY … TO STDOUT`: whole rows, about 64 KiB at a time.
    ///
    /// - Returns: the rows the server sent.
    @discardableResult
    package func copyOut(
        _ sql: String, deadline: Duration? = nil, _ body: @Sendable ([UInt8]) throws -> Void
    ) async throws -> Int {
        try await interruptible { session in try session.copyOut(sql, deadline: deadline, body) }
    }

    /// `copyOut` without suspension.
    @discardableResult
    package func runCopyOut(
        _ sql: String, deadline: Duration? = nil, _ body: ([UInt8]) throws -> Void
    ) throws -> Int {
        try session.copyOut(sql, deadline: deadline, body)
    }
}

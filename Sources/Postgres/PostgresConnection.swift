package import Logging

/// One connection to PostgreSQL, on a thread of its own.
///
/// Every call runs to its end on that thread, so calls never interleave; a caller that needs several calls to belong
/// together uses `withTransaction` or `pipeline`, or a lease of `PostgresPool`. The asynchronous calls end early when
/// their task is cancelled: the server is asked to stop, and the connection is usable afterwards if it answers.
///
/// The `run…` calls do the same work without suspension, for code that already is on this actor. They see a
/// cancellation only when called within one of the asynchronous calls.
///
/// A deadline counts from the moment the call has the thread. Without one, the server's statement timeout holds, and
/// a little later this side's own.
package actor PostgresConnection {
    /// An actor that should run on the same thread returns this thread's `unownedExecutor`.
    package nonisolated let thread: ConnectionThread
    let session: Session
    private nonisolated let wakeup: Wakeup
    private nonisolated let state: SessionState

    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.unownedExecutor }

    private init(_ configuration: PostgresConfiguration, thread: ConnectionThread, logger: Logger) throws(PostgresError)
    {
        let wakeup = try Wakeup()
        let state = SessionState()
        self.wakeup = wakeup
        self.state = state
        self.thread = thread
        session = Session(configuration: configuration, wakeup: wakeup, state: state, logger: logger)
    }

    /// Connects within the configuration's connect timeout.
    ///
    /// - Parameter thread: a thread to share with another connection; by default a new one.
    /// - Throws: `connectFailed`, with the server's SQLSTATE where it gave one; `cancelled`; `invalidParameter`.
    package static func connect(
        _ configuration: PostgresConfiguration, thread: ConnectionThread? = nil,
        logger: Logger = Logger(label: "postgres")
    ) async throws(PostgresError) -> PostgresConnection {
        let connection = try PostgresConnection(
            configuration, thread: thread ?? ConnectionThread(name: configuration.applicationName), logger: logger)
        try await connection.open()
        return connection
    }

    private func open() async throws(PostgresError) {
        try await cancellable { session throws(PostgresError) in try session.open() }
    }

    /// False once the connection was closed or is known to be broken.
    package nonisolated var isAlive: Bool { state.isAlive }

    /// True between `begin` and the end of the transaction.
    package nonisolated var isInTransaction: Bool { state.current == .inTransaction }

    /// A hint, from any thread: something came while the connection was idle, maybe its end. See `verify`.
    package nonisolated var hasUnreadInput: Bool { state.hasUnreadInput }

    /// The process id of the server's side.
    package var backendPID: Int32 { session.backendPID }

    /// Whether the server is still there, as far as the socket tells, without asking it anything.
    package func verify() -> Bool {
        guard let connection = session.connection else { return false }
        session.sent = false
        return (try? session.readIdle(connection)) != nil
    }

    package func close() {
        session.close()
    }

    // MARK: One statement

    /// Runs one statement.
    ///
    /// - Throws: `server` when it was refused; `connectionLost` with `outcomeUnknown` when no answer came;
    ///   `deadlineExceeded`; `cancelled`; `invalidParameter` before anything is sent.
    @discardableResult
    package func query(
        _ statement: Statement, _ parameters: [Parameter] = [], deadline: Duration? = nil
    ) async throws(PostgresError) -> Rows {
        try await cancellable { session throws(PostgresError) in
            try session.query(statement, parameters, deadline: deadline)
        }
    }

    /// `query` without suspension.
    @discardableResult
    package func run(
        _ statement: Statement, _ parameters: [Parameter] = [], deadline: Duration? = nil
    ) throws(PostgresError) -> Rows {
        try session.query(statement, parameters, deadline: deadline)
    }

    /// Runs a statement and hands its rows over in batches while they come.
    ///
    /// What `body` throws stops the statement and comes back out. `body` must not use this connection.
    package func stream(
        _ statement: Statement, _ parameters: [Parameter] = [], batch: Int, deadline: Duration? = nil,
        _ body: @Sendable (Rows) throws -> Void
    ) async throws {
        try await interruptible { session in
            try session.stream(statement, parameters, batch: batch, deadline: deadline, body)
        }
    }

    /// `stream` without suspension.
    package func runStream(
        _ statement: Statement, _ parameters: [Parameter] = [], batch: Int, deadline: Duration? = nil,
        _ body: (Rows) throws -> Void
    ) throws {
        try session.stream(statement, parameters, batch: batch, deadline: deadline, body)
    }

    // MARK: Several statements

    /// Sends all steps at once and waits once. They share an implicit transaction: the first error undoes them all.
    @discardableResult
    package func pipeline(
        _ steps: [(Statement, [Parameter])], deadline: Duration? = nil
    ) async throws(PostgresError) -> [Rows] {
        try await cancellable { session throws(PostgresError) in
            try session.pipeline(steps, deadline: deadline)
        }
    }

    /// `pipeline` without suspension.
    @discardableResult
    package func runPipeline(
        _ steps: [(Statement, [Parameter])], deadline: Duration? = nil
    ) throws(PostgresError) -> [Rows] {
        try session.pipeline(steps, deadline: deadline)
    }

    /// Runs several statements without parameters, as one transaction unless the text says otherwise.
    package func script(_ sql: String, deadline: Duration? = nil) async throws(PostgresError) {
        try await cancellable { session throws(PostgresError) in try session.script(sql, deadline: deadline) }
    }

    /// `script` without suspension.
    package func runScript(_ sql: String, deadline: Duration? = nil) throws(PostgresError) {
        try session.script(sql, deadline: deadline)
    }

    // MARK: Cancellation

    /// Runs `body` so that a cancelled task wakes it.
    ///
    /// The closures of `withTaskCancellationHandler` must mention `self`: an asynchronous closure that does not
    /// capture the isolated `self` leaves the actor, and with it the connection's thread.
    func interruptible<Value>(_ body: (Session) throws -> Value) async throws -> Value {
        // The handler is gone when withTaskCancellationHandler returns, so nothing raises it for the next call.
        defer { wakeup.lower() }
        return try await withTaskCancellationHandler {
            self.assertIsolated()
            return try body(self.session)
        } onCancel: {
            wakeup.raise()
        }
    }

    func cancellable<Value>(_ body: (Session) throws(PostgresError) -> Value) async throws(PostgresError) -> Value {
        defer { wakeup.lower() }
        let result = await withTaskCancellationHandler { () -> Result<Value, PostgresError> in
            self.assertIsolated()
            do throws(PostgresError) { return .success(try body(self.session)) } catch { return .failure(error) }
        } onCancel: {
            wakeup.raise()
        }
        return try result.get()
    }
}

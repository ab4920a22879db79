import CPostgres
import Glibc
import Logging

/// One connection of libpq, used by one thread at a time, in straight-line code.
///
/// Everything that waits goes through `wait(for:)`: one `poll` on the socket and on the wake-up of a cancelled task,
/// until a deadline. The parts: opening here, waiting and cancelling in `Session+Waiting`, statements in
/// `Session+Statements`, then pipelines, COPY and notifications.
final class Session {
    let configuration: PostgresConfiguration
    let wakeup: Wakeup
    let state: SessionState
    let notices: NoticeReceiver

    var connection: OpaquePointer?
    let pollDescriptors = UnsafeMutablePointer<pollfd>.allocate(capacity: 2)

    /// What the running operation may take, and whether it has been told to stop.
    var deadline = Deadline.never
    var cancellation: Cancellation?
    /// Bytes of the running operation may have reached the server.
    var sent = false
    /// The running operation may commit something, so losing its answer leaves the outcome open.
    var mayCommit = true
    /// An operation runs: a consumer of rows must not start another one in the middle.
    var isBusy = false
    /// True while a rollback must not be disturbed by the cancellation that caused it.
    var ignoresCancellation = false

    var prepared: [Statement: PreparedStatement] = [:]
    var preparedCount = 0
    let parameters = ParameterBuffer()

    init(configuration: PostgresConfiguration, wakeup: Wakeup, state: SessionState, logger: Logger) {
        self.configuration = configuration
        self.wakeup = wakeup
        self.state = state
        notices = NoticeReceiver(logger: logger)
    }

    deinit {
        close()
        pollDescriptors.deallocate()
    }

    var backendPID: Int32 { connection.map { PQbackendPID($0) } ?? 0 }

    var transactionStatus: PGTransactionStatusType {
        connection.map { PQtransactionStatus($0) } ?? PQTRANS_UNKNOWN
    }

    func close(because state: SessionState.Value = .closed) {
        guard let open = connection else { return }
        connection = nil
        self.state.set(descriptor: -1)
        prepared = [:]
        PQfinish(open)
        self.state.set(state)
    }

    /// Connects. The configuration's own timeout holds; resolving a host name is the system's and cannot be cut short.
    func open() throws(PostgresError) {
        let limit = Deadline.after(configuration.connectTimeout)
        let start = try begin()
        connection = start
        PQsetErrorVerbosity(start, PQERRORS_VERBOSE)
        notices.install(on: start)
        do {
            try connect(start, until: limit)
        } catch {
            close(because: .lost)
            throw error
        }
        PQsetErrorVerbosity(start, PQERRORS_DEFAULT)
        guard PQsetnonblocking(start, 1) == 0 else {
            close(because: .lost)
            throw PostgresError(.connectFailed, "the connection cannot be made non-blocking")
        }
        state.set(descriptor: PQsocket(start))
        state.set(.idle)
    }

    private func begin() throws(PostgresError) -> OpaquePointer {
        try configuration.validated(development: true)
        let pairs = configuration.keywords
        // One byte array holds all the C strings: no pointer outlives the call.
        var storage: [CChar] = []
        var offsets: [(Int, Int)] = []
        for (keyword, value) in pairs {
            let start = storage.count
            storage += keyword.utf8CString
            offsets.append((start, storage.count))
            storage += value.utf8CString
        }
        let started = storage.withUnsafeBufferPointer { bytes -> OpaquePointer? in
            guard let base = bytes.baseAddress else { return nil }
            let keywords: [UnsafePointer<CChar>?] = offsets.map { base + $0.0 } + [nil]
            let values: [UnsafePointer<CChar>?] = offsets.map { base + $0.1 } + [nil]
            return PQconnectStartParams(keywords, values, 0)
        }
        guard let started else { throw PostgresError(.connectFailed, "no memory for a connection") }
        return started
    }

    private func connect(_ connection: OpaquePointer, until limit: Deadline) throws(PostgresError) {
        guard PQstatus(connection) != CONNECTION_BAD else { throw refusal(connection) }
        var next = PGRES_POLLING_WRITING
        while true {
            switch next {
            case PGRES_POLLING_OK: return
            case PGRES_POLLING_READING, PGRES_POLLING_WRITING:
                let events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT
                switch poll(Int16(events), until: limit, interruptible: true) {
                case .ready: break
                case .interrupted: throw PostgresError(.cancelled, "cancelled while connecting")
                case .timedOut: throw PostgresError(.connectFailed, "the server did not answer in time")
                }
            default: throw refusal(connection)
            }
            // The descriptor may change from one step to the next; `poll` asks for it each time.
            next = PQconnectPoll(connection)
        }
    }

    private func refusal(_ connection: OpaquePointer) -> PostgresError {
        PostgresError(.connectFailed, "the connection could not be made", fields: ServerFields(connection: connection))
    }
}

import CPostgres
import Glibc
import Synchronization

/// A wish that the server stop what one session runs, and the reason for it.
///
/// libpq opens a connection of its own for each request and blocks, so requests run on threads of their own. A request
/// that arrives before the server has begun the statement is ignored there, so it is repeated until an answer comes.
/// The session must not be used for another statement before the last request is done: it would hit that one.
final class Cancellation {
    enum Reason: Sendable {
        case taskCancelled
        case deadline
        /// The consumer of the rows wants no more.
        case consumerFailed
    }

    let reason: Reason
    /// When waiting for the server's answer ends.
    let graceEnd = Deadline.after(Limits.cancelGrace)
    private(set) var nextRequest = Deadline.after(.zero)
    private var pause = Limits.cancelPause
    /// Raised when no request is under way.
    private let done: Wakeup

    /// - Throws: `connectFailed` when the process has no descriptor left.
    init(reason: Reason, connection: OpaquePointer) throws(PostgresError) {
        self.reason = reason
        done = try Wakeup()
        done.raise()
        request(connection)
    }

    /// Asks the server to stop, unless it is being asked already.
    func request(_ connection: OpaquePointer) {
        nextRequest = .after(pause)
        pause *= 2
        guard done.isRaised, let cancel = PQgetCancel(connection) else { return }
        let ticket = Ticket(request: cancel)
        done.lower()
        ConnectionThread.detach(name: "postgres-cancel") { [done] in
            ticket.send()
            done.raise()
        }
    }

    /// Waits for the last request to be over; false when it is not by the end of the grace.
    func finish() -> Bool {
        while !done.isRaised {
            guard !graceEnd.hasPassed else { return false }
            var descriptor = pollfd(fd: done.descriptor, events: Int16(POLLIN), revents: 0)
            poll(&descriptor, 1, graceEnd.pollTimeout)
        }
        return true
    }

    /// `@unchecked Sendable`: a PGcancel is a copy of address and key that libpq documents as usable from any
    /// thread, and only the one thread it is given to touches it.
    private struct Ticket: @unchecked Sendable {
        let request: OpaquePointer

        func send() {
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) {
                _ = PQcancel(request, $0.baseAddress, 256)
            }
            PQfreeCancel(request)
        }
    }
}

import CPostgres
import Glibc
import Synchronization

/// A request to the server to stop what one session runs, and the reason for it.
///
/// libpq opens a connection of its own for it and blocks, so it runs on a thread of its own. The session must not be
/// used for another statement before the request is done: it would hit that one.
final class Cancellation: Sendable {
    enum Reason: Sendable {
        case taskCancelled
        case deadline
        /// The consumer of the rows wants no more.
        case consumerFailed
    }

    let reason: Reason
    /// When waiting for the server's answer ends.
    let graceEnd = Deadline.after(Limits.cancelGrace)
    private let done: Wakeup

    /// - Throws: `connectFailed` when the process has no descriptor left.
    init(reason: Reason, connection: OpaquePointer) throws(PostgresError) {
        self.reason = reason
        let done = try Wakeup()
        self.done = done
        guard let request = PQgetCancel(connection) else {
            done.raise()
            return
        }
        let ticket = Ticket(request: request)
        ConnectionThread.detach(name: "postgres-cancel") {
            ticket.send()
            done.raise()
        }
    }

    /// Waits for the request to be over; false when it is not by the end of the grace.
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

import Glibc
import Synchronization

/// What others may know of a session without being on its thread.
final class SessionState: Sendable {
    enum Value: UInt8 {
        case connecting
        case idle
        case inTransaction
        /// Closed by this process.
        case closed
        /// Broken, or given up.
        case lost
    }

    private let value = Atomic<UInt8>(Value.connecting.rawValue)
    private let descriptor = Atomic<Int32>(-1)

    func set(_ new: Value) { value.store(new.rawValue, ordering: .releasing) }

    /// The socket, once it no longer changes; -1 when closed.
    func set(descriptor new: Int32) { descriptor.store(new, ordering: .releasing) }

    /// Something lies unread in the socket of an idle connection: a notification, or the news that the server is gone.
    /// Asked from another thread, and so only a hint.
    var hasUnreadInput: Bool {
        var socket = pollfd(fd: descriptor.load(ordering: .acquiring), events: Int16(POLLIN), revents: 0)
        return poll(&socket, 1, 0) > 0
    }

    var current: Value { Value(rawValue: value.load(ordering: .acquiring)) ?? .lost }

    var isAlive: Bool { current == .idle || current == .inTransaction }
}

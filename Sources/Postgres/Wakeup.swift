import CPostgres
import Glibc
import Synchronization

/// A flag that any thread can raise and that ends a `poll` on its descriptor.
///
/// The flag is the truth; the descriptor (an eventfd) only wakes. It stays readable until the flag is lowered.
final class Wakeup: Sendable {
    let descriptor: Int32
    private let flag = Atomic<Bool>(false)

    /// - Throws: `connectFailed` when the process has no descriptor left.
    init() throws(PostgresError) {
        descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard descriptor >= 0 else {
            throw PostgresError(.connectFailed, "no file descriptor left for a connection (errno \(errno))")
        }
    }

    deinit {
        close(descriptor)
    }

    var isRaised: Bool { flag.load(ordering: .acquiring) }

    func raise() {
        guard !flag.exchange(true, ordering: .acquiringAndReleasing) else { return }
        eventfd_write(descriptor, 1)
    }

    func lower() {
        guard flag.exchange(false, ordering: .acquiringAndReleasing) else { return }
        var count: eventfd_t = 0
        eventfd_read(descriptor, &count)
    }
}

package import Edge
import HTTPTypes
import Synchronization

/// How many exports may be under way at once: each reads page after page from the few connections that auditors share.
/// One more is refused at once.
package final class ExportSlots: Sendable {
    private static let retryAfterSeconds = 10

    private let count: Mutex<Int>

    package init(_ count: Int) {
        self.count = Mutex(count)
    }

    package var free: Int { count.withLock { $0 } }

    /// - Throws: `overloaded` with `Retry-After` if all are taken.
    package func take() throws(ProblemDetails) -> Slot {
        let isTaken = count.withLock { free in
            guard free > 0 else { return false }
            free -= 1
            return true
        }
        guard isTaken else {
            throw ProblemDetails(
                .overloaded, detail: "Too many exports are under way.",
                headers: [.retryAfter: String(Self.retryAfterSeconds)])
        }
        return Slot(of: self)
    }

    /// One of them. It is given back at the latest when nobody holds it any more: an answer that is never written, as to
    /// HEAD or to a client that has gone, takes its slot with it.
    package final class Slot: Sendable {
        private let slots: ExportSlots
        private let isHeld = Atomic(true)

        fileprivate init(of slots: ExportSlots) {
            self.slots = slots
        }

        package func giveBack() {
            guard isHeld.exchange(false, ordering: .relaxed) else { return }
            slots.count.withLock { $0 += 1 }
        }

        deinit { giveBack() }
    }
}

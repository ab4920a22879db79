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

    func set(_ new: Value) { value.store(new.rawValue, ordering: .releasing) }

    var current: Value { Value(rawValue: value.load(ordering: .acquiring)) ?? .lost }

    var isAlive: Bool { current == .idle || current == .inTransaction }
}

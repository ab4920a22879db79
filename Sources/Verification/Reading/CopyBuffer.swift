import Synchronization

/// Collects what a COPY sends.
final class CopyBuffer: Sendable {
    private let bytes: Mutex<[UInt8]>

    init(reserving capacity: Int) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(capacity)
        self.bytes = Mutex(bytes)
    }

    func append(_ chunk: [UInt8]) {
        bytes.withLock { $0.append(contentsOf: chunk) }
    }

    /// All of it, which is then no longer here.
    func take() -> [UInt8] {
        bytes.withLock { bytes in
            defer { bytes = [] }
            return bytes
        }
    }
}

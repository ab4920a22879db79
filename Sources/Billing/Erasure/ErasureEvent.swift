package import Foundation

/// What is recorded of an erasure, in its own stream: enough to go on after any crash.
package enum ErasureEvent: Sendable, Hashable {
    /// - Parameter stores: that hold something of theirs, by name; each once.
    case begun(request: UUID, stores: [String])
    case reached(ErasureStage)
    /// - Parameter receipt: SHA-256 of what the store has signed.
    case storeAnswered(store: String, receipt: [UInt8])
}

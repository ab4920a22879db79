package import EventStore
import Synchronization

/// How far the background verification is, and what it found.
package final class VerificationStatus: Sendable {
    package struct Values: Sendable {
        /// Everything before it was read in the present pass.
        package fileprivate(set) var position = LogPosition(0)
        /// When the last whole pass ended, good or not; nil before the first has.
        package fileprivate(set) var lastCompleted: EventTime?
        /// Of the last whole pass, or of the present one if it has found any already.
        package fileprivate(set) var findings = Findings()
        /// Why the present pass can't go on; nil if it can.
        package fileprivate(set) var failure: String?
    }

    private let state = Mutex(Values())

    package init() {}

    package var values: Values { state.withLock { $0 } }

    /// Seconds since the last whole pass ended; nil before the first has.
    package func ageSeconds(now: EventTime) -> Int64? {
        values.lastCompleted.map { max(0, now.microseconds - $0.microseconds) / 1_000_000 }
    }

    func reached(_ position: Int64, findings: Findings) {
        state.withLock { state in
            state.position = LogPosition(position)
            state.failure = nil
            if !findings.isEmpty { state.findings = findings }
        }
    }

    func completed(at time: EventTime, findings: Findings) {
        state.withLock { state in
            state.lastCompleted = time
            state.findings = findings
            state.failure = nil
        }
    }

    func failed(_ reason: String) {
        state.withLock { $0.failure = reason }
    }
}

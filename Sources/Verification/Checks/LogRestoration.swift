package import Billing
package import EventStore
import TransparencyLog

/// The database was restored from a backup here, as the log says itself.
package struct LogRestoration: Sendable {
    package let position: LogPosition
    package let restored: LogRestored

    init?(_ event: RetentionEvent) {
        guard case .restored(let restored) = event.event else { return nil }
        position = event.position
        self.restored = restored
    }

    /// - Parameter signer: who signs for the log now.
    func faults(origin: String, signer: String) -> [String] {
        var faults: [String] = []
        let lost = restored.lost.unverified
        if lost.origin != origin || (try? SeenCheckpoint(signer: restored.signer, signed: restored.lost)) == nil {
            faults.append("the checkpoint that is said to be lost is not a signed one of this log")
        }
        if restored.from > position || Int64(lost.size) < restored.from.rawValue {
            faults.append("what is said to be lost does not begin before the event that says so")
        }
        if restored.signer.text == signer {
            faults.append("the key that signed what was lost signs other events in its place")
        }
        return faults
    }

    /// Whether an earlier run has seen what was lost.
    func hasLost(_ seen: SeenCheckpoint) -> Bool {
        seen.signer == restored.signer && Int64(seen.checkpoint.size) > restored.from.rawValue
    }
}

extension LogRestoration: CustomStringConvertible {
    package var description: String {
        let count = Int64(restored.lost.unverified.size) - restored.from.rawValue
        return "at position \(position.rawValue): the database was restored from a backup; what had been appended from "
            + "position \(restored.from.rawValue) on, \(count) events as far as is known, is not in this log"
    }
}

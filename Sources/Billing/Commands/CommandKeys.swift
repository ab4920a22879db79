package import CreditDomain
import Crypto
package import EventStore
import Foundation
package import TransparencyLog

/// Keys under which something happens at most once in a tenant. What the client chose is hashed, never stored.
package enum CommandKeys {
    package enum Scope: String {
        case capture, hold, refund, grant
        case voidHold = "void-hold"
        /// That a debit was given back, whatever idempotency key it came with.
        case refundOf = "refund-of"
    }

    package static func key(_ scope: Scope, _ value: String, fingerprint: TreeHash) -> UniqueKey {
        UniqueKey(hash: hash(scope, value), fingerprint: fingerprint)
    }

    package static func hash(_ scope: Scope, _ value: String) -> TreeHash {
        digest("zentriq-key/v1\n\(scope.rawValue)\n\(value)")
    }

    /// Of a request: two requests are the same if this is.
    package static func fingerprint(_ parts: String...) -> TreeHash {
        digest("zentriq-request/v1\n" + parts.map { "\($0.utf8.count):\($0)" }.joined(separator: "\n"))
    }

    /// - Parameter data: the capture in canonical JSON, as its event has it.
    package static func captureFingerprint(_ data: [UInt8], hold: HoldID?) -> TreeHash {
        let hold = hold?.rawValue ?? ""
        var text = Array("zentriq-request/v1\n7:capture\n\(data.count):".utf8)
        text.reserveCapacity(text.count + data.count + hold.utf8.count + 8)
        text.append(contentsOf: data)
        text.append(contentsOf: "\n\(hold.utf8.count):\(hold)".utf8)
        return text.withUnsafeBytes(digest)
    }

    package static func refundFingerprint(_ debit: DebitID) -> TreeHash {
        fingerprint("refund", debit.rawValue)
    }

    package static func voidFingerprint(_ hold: HoldID) -> TreeHash {
        fingerprint("void-hold", hold.rawValue)
    }

    private static func digest(_ text: String) -> TreeHash {
        var text = text
        return text.withUTF8 { digest(UnsafeRawBufferPointer($0)) }
    }

    private static func digest(_ bytes: UnsafeRawBufferPointer) -> TreeHash {
        SHA256.hash(data: bytes).withUnsafeBytes { bytes in
            guard let hash = TreeHash(bytes: bytes) else { preconditionFailure("SHA-256 gives 32 bytes") }
            return hash
        }
    }
}

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

    package static func refundFingerprint(_ debit: DebitID) -> TreeHash {
        fingerprint("refund", debit.rawValue)
    }

    package static func voidFingerprint(_ hold: HoldID) -> TreeHash {
        fingerprint("void-hold", hold.rawValue)
    }

    private static func digest(_ text: String) -> TreeHash {
        var text = text
        let digest = text.withUTF8 { SHA256.hash(data: UnsafeRawBufferPointer($0)) }
        return digest.withUnsafeBytes { bytes in
            guard let hash = TreeHash(bytes) else { preconditionFailure("SHA-256 gives 32 bytes") }
            return hash
        }
    }
}

package import CreditDomain
import Crypto
package import EventStore
import Foundation
package import Sealing
package import TransparencyLog

/// Keys under which something happens at most once in a tenant. What the client chose is hashed, never stored.
package enum CommandKeys {
    package enum Scope: String {
        case capture, hold, refund, grant
        case erasure
        case voidHold = "void-hold"
        case privacyRequest = "privacy-request"
        /// That a debit was given back, whatever idempotency key it came with.
        case refundOf = "refund-of"
    }

    package static func key(_ scope: Scope, _ value: String, fingerprint: TreeHash) -> UniqueKey {
        UniqueKey(hash: hash(scope, value), fingerprint: fingerprint)
    }

    package static func hash(_ scope: Scope, _ value: String) -> TreeHash {
        digest { hasher in
            hasher.update("zentriq-key/v1\n")
            hasher.update(scope.rawValue)
            hasher.update("\n")
            hasher.update(value)
        }
    }

    /// Of a request: two requests are the same if this is.
    package static func fingerprint(_ parts: String...) -> TreeHash {
        digest { hasher in
            hasher.update("zentriq-request/v1\n" + parts.map { "\($0.utf8.count):\($0)" }.joined(separator: "\n"))
        }
    }

    /// - Parameters:
    ///   - data: the capture in canonical JSON, as its event has it.
    ///   - key: of the person it is about. A plain hash of it could be guessed, and would outlive what it was made of. Nil
    ///     for captures from before they were sealed.
    package static func captureFingerprint(_ data: [UInt8], hold: HoldID?, key: SubjectKey?) -> TreeHash {
        data.withUnsafeBytes { captureFingerprint($0, hold: hold, key: key) }
    }

    /// The same from memory.
    package static func captureFingerprint(
        _ data: UnsafeRawBufferPointer, hold: HoldID?, key: SubjectKey?
    ) -> TreeHash {
        let hold = hold?.rawValue ?? ""
        func feed(_ update: (UnsafeRawBufferPointer) -> Void) {
            func text(_ text: String) {
                var text = text
                text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
            }
            text("zentriq-request/v1\n7:capture\n\(data.count):")
            update(data)
            text("\n\(hold.utf8.count):\(hold)")
        }
        guard let key else { return digest { hasher in feed { hasher.update(bufferPointer: $0) } } }
        guard let hash = TreeHash(key.fingerprint(feed)) else { preconditionFailure("SHA-256 gives 32 bytes") }
        return hash
    }

    package static func refundFingerprint(_ debit: DebitID) -> TreeHash {
        fingerprint("refund", debit.rawValue)
    }

    package static func voidFingerprint(_ hold: HoldID) -> TreeHash {
        fingerprint("void-hold", hold.rawValue)
    }

    private static func digest(_ feed: (inout SHA256) -> Void) -> TreeHash {
        var hasher = SHA256()
        feed(&hasher)
        return hasher.finalize().withUnsafeBytes { bytes in
            guard let hash = TreeHash(bytes: bytes) else { preconditionFailure("SHA-256 gives 32 bytes") }
            return hash
        }
    }
}

extension SHA256 {
    fileprivate mutating func update(_ text: String) {
        var text = text
        text.withUTF8 { update(bufferPointer: UnsafeRawBufferPointer($0)) }
    }
}

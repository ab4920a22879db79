package import Foundation
import Sealing

/// How an event is kept that is sealed: its salt and its payload stand in an envelope, which the key of its actor opens.
package struct EventSeal: Sendable, Hashable {
    /// Why an envelope is not open.
    package enum Closed: Error, Sendable, Hashable {
        /// Whoever reads has no keys.
        case noKeys
        /// The key was destroyed: what was in the envelope is gone for ever, as it should be.
        case destroyed
        /// Something was changed that only who can write to the tables could change: in words.
        case damaged(String)
        /// The key is wrapped under a version of the key-encryption key that is not at hand.
        case noVersion(Int32)
    }

    /// Of the key.
    package let key: UUID
    package let envelope: [UInt8]
    /// Nil once it is open.
    package internal(set) var closed: Closed? = .noKeys

    package init(key: UUID, envelope: [UInt8]) {
        self.key = key
        self.envelope = envelope
    }
}

extension EventSeal.Closed: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noKeys: "it is sealed, and there is no key-encryption key to open it with"
        case .destroyed: "it is sealed, and the key of its subject was destroyed"
        case .damaged(let reason): "it is sealed, and can't be opened: \(reason)"
        case .noVersion(let version):
            "it is sealed, and version \(version) of the key-encryption key is not there"
        }
    }
}

extension EventSeal.Closed {
    /// Whether something must be wrong: with keys at hand, all that was not destroyed can be opened.
    package var isFinding: Bool {
        switch self {
        case .damaged, .noVersion: true
        case .destroyed, .noKeys: false
        }
    }
}

import Crypto
package import Foundation

/// Seals the texts of what staff does: statements and their parameters, which can be about anybody.
///
/// One key of the log, wrapped by the key-encryption key: `0x01 ‖ nonce (12) ‖ ciphertext ‖ tag (16)`, bound to the log, the
/// session and the line of the server's log, so that no text passes for another one's.
package struct RecordKey: Sendable {
    private let key: SymmetricKey
    private let log: String

    /// A new key of a log, and how it is kept.
    package static func make(log: String, wrappedBy keys: KeyEncryptionKeys) async throws(SealingError) -> WrappedKey {
        try await keys.wrap(SymmetricKey(size: .bits256), for: .record(log: log))
    }

    package init(unwrapping wrapped: WrappedKey, with keys: KeyEncryptionKeys, log: String) async throws(SealingError) {
        key = try await keys.unwrap(wrapped, of: .record(log: log))
        self.log = log
    }

    package func seal(_ plain: [UInt8], session: UUID, line: Int64) -> [UInt8] {
        SealedBytes.seal(plain, under: key, binding: binding(session, line))
    }

    package func open(_ sealed: [UInt8], session: UUID, line: Int64) throws(SealingError) -> [UInt8] {
        try SealedBytes.open(sealed, under: key, binding: binding(session, line))
    }

    private func binding(_ session: UUID, _ line: Int64) -> [UInt8] {
        var data = AssociatedData("zentriq-staff-record/v1", log: log)
        data.append(session)
        return data.bytes + withUnsafeBytes(of: line.bigEndian) { Array($0) }
    }
}

extension RecordKey: CustomStringConvertible, CustomReflectable {
    /// Never the key.
    package var description: String { "RecordKey" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

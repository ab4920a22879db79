import Crypto
package import Foundation

/// Finds a person's handle without the database knowing who the person is: people are looked up by a code of their
/// identifier that only this key gives.
package struct LookupKey: Sendable {
    private let key: SymmetricKey

    /// A new key of a log, and how it is kept.
    package static func make(log: String, wrappedBy keys: KeyEncryptionKeys) async throws(SealingError) -> WrappedKey {
        try await keys.wrap(SymmetricKey(size: .bits256), for: .lookup(log: log))
    }

    package init(
        unwrapping wrapped: WrappedKey, with keys: KeyEncryptionKeys, log: String
    ) async throws(SealingError) {
        key = try await keys.unwrap(wrapped, of: .lookup(log: log))
    }

    /// HMAC-SHA256 of `"zentriq-subject/v1\n" ‖ tenant (16) ‖ object (16)`.
    package func code(of object: UUID, in tenant: UUID) -> [UInt8] {
        var code = HMAC<SHA256>(key: key)
        code.update(data: Array("zentriq-subject/v1\n".utf8))
        withUnsafeBytes(of: tenant.uuid) { code.update(data: $0) }
        withUnsafeBytes(of: object.uuid) { code.update(data: $0) }
        return Array(code.finalize())
    }
}

extension LookupKey: CustomStringConvertible, CustomReflectable {
    /// Never the key.
    package var description: String { "LookupKey" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

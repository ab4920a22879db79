import Crypto
package import Foundation

/// Seals what belongs to somebody of the staff, who is no customer's person: their name, and the secret of their factor.
///
/// A data key for each version of the factor, wrapped by the key-encryption key: `0x01 ‖ nonce (12) ‖ ciphertext ‖ tag (16)`,
/// bound to the log, the member, the version and the purpose, so that no row passes for another one or an older one.
package struct MemberKey: Sendable {
    package enum Purpose: Sendable {
        case secret, name
    }

    private let key: SymmetricKey
    private let log: String
    private let member: UUID
    private let version: Int32

    /// A new key, and how it is kept.
    package static func make(
        log: String, member: UUID, version: Int32, wrappedBy keys: KeyEncryptionKeys
    ) async throws(SealingError) -> (key: MemberKey, wrapped: WrappedKey) {
        let secret = SymmetricKey(size: .bits256)
        let wrapped = try await keys.wrap(secret, for: .member(log: log, member: member, version: version))
        return (MemberKey(key: secret, log: log, member: member, version: version), wrapped)
    }

    private init(key: SymmetricKey, log: String, member: UUID, version: Int32) {
        self.key = key
        self.log = log
        self.member = member
        self.version = version
    }

    package init(
        unwrapping wrapped: WrappedKey, with keys: KeyEncryptionKeys, log: String, member: UUID, version: Int32
    ) async throws(SealingError) {
        self.init(
            key: try await keys.unwrap(wrapped, of: .member(log: log, member: member, version: version)), log: log,
            member: member, version: version)
    }

    package func seal(_ plain: [UInt8], as purpose: Purpose) -> [UInt8] {
        SealedBytes.seal(plain, under: key, binding: binding(purpose))
    }

    package func open(_ sealed: [UInt8], as purpose: Purpose) throws(SealingError) -> [UInt8] {
        try SealedBytes.open(sealed, under: key, binding: binding(purpose))
    }

    private func binding(_ purpose: Purpose) -> [UInt8] {
        var data: AssociatedData
        switch purpose {
        case .secret: data = AssociatedData("zentriq-staff-secret/v1", log: log)
        case .name: data = AssociatedData("zentriq-staff-name/v1", log: log)
        }
        data.append(member)
        data.append(version)
        return data.bytes
    }
}

extension MemberKey: CustomStringConvertible, CustomReflectable {
    /// Never the key.
    package var description: String { "MemberKey(\(member))" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

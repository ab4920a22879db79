import Crypto
package import Foundation

/// The data key of a person of a tenant, unwrapped: what is about the person is sealed under it, and is gone for ever
/// when it is destroyed.
///
/// The data key itself is not kept, but what follows from it (HKDF with SHA-256, a purpose for each), so that neither
/// sealing nor opening an event derives anything.
package final class SubjectKey: Sendable {
    /// Of the log; the tenant; the person's handle; the key's own identifier.
    package let log: String
    package let tenant: UUID
    package let subject: UUID
    package let id: UUID

    /// What HKDF extracts from the data key.
    private let root: HashedAuthenticationCode<SHA256>
    let eventKey: SymmetricKey
    /// Begun with its key, which costs as much as a short request.
    private let requestCode: HMAC<SHA256>
    /// Of ``eventKey``: 32 bytes that only this key gives.
    let commitment: [UInt8]
    /// What every event is bound to, up to its identifier.
    let eventBinding: AssociatedData

    init(_ secret: SymmetricKey, log: String, tenant: UUID, subject: UUID, id: UUID) {
        self.log = log
        self.tenant = tenant
        self.subject = subject
        self.id = id
        root = withUnsafeBytes(of: id.uuid) { HKDF<SHA256>.extract(inputKeyMaterial: secret, salt: [UInt8]($0)) }
        eventKey = Self.derived(from: root, "zentriq-event-key/v1")
        commitment = Self.derived(from: root, "zentriq-event-key-commitment/v1").withUnsafeBytes { [UInt8]($0) }
        requestCode = HMAC<SHA256>(key: Self.derived(from: root, "zentriq-request-fingerprint/v1"))
        var binding = AssociatedData("zentriq-sealed-event/v1", log: log)
        binding.append(tenant)
        binding.append(subject)
        binding.append(id)
        eventBinding = binding
    }

    var objectKey: SymmetricKey { Self.derived(from: root, "zentriq-subject-object/v1") }

    private static func derived(
        from root: HashedAuthenticationCode<SHA256>, _ purpose: StaticString
    ) -> SymmetricKey {
        HKDF<SHA256>.expand(pseudoRandomKey: root, info: purpose.withUTF8Buffer { [UInt8]($0) }, outputByteCount: 32)
    }

    /// A new key that is kept nowhere.
    package convenience init(randomFor subject: UUID, of tenant: UUID, log: String) {
        self.init(SymmetricKey(size: .bits256), log: log, tenant: tenant, subject: subject, id: UUID())
    }

    /// A new key for a person, and how it is kept.
    package static func make(
        log: String, tenant: UUID, subject: UUID, wrappedBy keys: KeyEncryptionKeys
    ) async throws(SealingError) -> (key: SubjectKey, wrapped: WrappedKey) {
        let (secret, id) = (SymmetricKey(size: .bits256), UUID())
        let wrapped = try await keys.wrap(secret, for: .subject(log: log, tenant: tenant, subject: subject, key: id))
        return (SubjectKey(secret, log: log, tenant: tenant, subject: subject, id: id), wrapped)
    }

    /// The key of a row. Throws if the row is not what was written, or the key-encryption key is not there.
    package convenience init(
        unwrapping wrapped: WrappedKey, with keys: KeyEncryptionKeys, log: String, tenant: UUID, subject: UUID, id: UUID
    ) async throws(SealingError) {
        let owner = KeyOwner.subject(log: log, tenant: tenant, subject: subject, key: id)
        self.init(try await keys.unwrap(wrapped, of: owner), log: log, tenant: tenant, subject: subject, id: id)
    }

    /// HMAC-SHA256 of a request, in the place of its hash: what was asked for can't be guessed without the key.
    package func fingerprint(_ feed: (_ update: (UnsafeRawBufferPointer) -> Void) -> Void) -> [UInt8] {
        var code = requestCode
        feed { code.update(data: $0) }
        return Array(code.finalize())
    }
}

extension SubjectKey: CustomStringConvertible, CustomReflectable {
    /// Never the key.
    package var description: String { "SubjectKey(\(id))" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

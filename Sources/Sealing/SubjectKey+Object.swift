package import Foundation

/// The person's identifier at the identity provider, which only the personal export needs again: sealed like all that is
/// about the person. `0x01 ‖ nonce (12) ‖ ciphertext (16) ‖ tag (16)`.
extension SubjectKey {
    package func sealObject(_ object: UUID) -> [UInt8] {
        let plain = withUnsafeBytes(of: object.uuid) { [UInt8]($0) }
        return SealedBytes.seal(plain, under: objectKey, binding: objectBinding)
    }

    package func openObject(_ sealed: [UInt8]) throws(SealingError) -> UUID {
        guard sealed.count == SealedBytes.overhead + 16 else { throw .malformed }
        let plain = try SealedBytes.open(sealed, under: objectKey, binding: objectBinding)
        return plain.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }

    private var objectBinding: [UInt8] {
        var binding = AssociatedData("zentriq-subject-object/v1", log: log)
        binding.append(tenant)
        binding.append(subject)
        binding.append(id)
        return binding.bytes
    }
}

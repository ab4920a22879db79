import Crypto
package import Foundation

/// The person's identifier at the identity provider, which only the personal export needs again: sealed like all that is
/// about the person. `0x01 ‖ nonce (12) ‖ ciphertext (16) ‖ tag (16)`.
extension SubjectKey {
    private static var format: UInt8 { 0x01 }

    package func sealObject(_ object: UUID) -> [UInt8] {
        let plain = withUnsafeBytes(of: object.uuid) { [UInt8]($0) }
        guard let box = try? AES.GCM.seal(plain, using: objectKey, authenticating: objectBinding),
            let sealed = box.combined
        else { preconditionFailure("a key of 256 bits and a nonce of 96 seal whatever there is") }
        return [Self.format] + sealed
    }

    package func openObject(_ sealed: [UInt8]) throws(SealingError) -> UUID {
        guard sealed.first == Self.format, let box = try? AES.GCM.SealedBox(combined: sealed.dropFirst()),
            box.ciphertext.count == 16
        else { throw .malformed }
        guard let plain = try? AES.GCM.open(box, using: objectKey, authenticating: objectBinding) else {
            throw .notAuthentic
        }
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

import Crypto
package import Foundation

extension SubjectKey {
    /// Seals an event's salt and payload.
    ///
    /// - Parameters:
    ///   - event: the event's identifier.
    ///   - nonce: 12 random bytes.
    /// - Returns: the envelope, see ``EventEnvelope``.
    package func seal(
        salt: some Collection<UInt8>, data: [UInt8], event: UUID, nonce: some DataProtocol
    ) -> [UInt8] {
        var plain: [UInt8] = []
        plain.reserveCapacity(salt.count + data.count)
        plain.append(contentsOf: salt)
        plain.append(contentsOf: data)
        precondition(salt.count == EventEnvelope.saltLength, "a salt has 32 bytes")
        guard let nonce = try? AES.GCM.Nonce(data: nonce),
            let box = try? AES.GCM.seal(plain, using: eventKey, nonce: nonce, authenticating: binding(of: event)),
            let sealed = box.combined
        else { preconditionFailure("a key of 256 bits and a nonce of 96 seal whatever there is") }
        var envelope: [UInt8] = []
        envelope.reserveCapacity(1 + commitment.count + sealed.count)
        envelope.append(EventEnvelope.format)
        envelope.append(contentsOf: commitment)
        envelope.append(contentsOf: sealed)
        return envelope
    }

    /// Opens what was sealed for the event.
    package func open(
        _ envelope: UnsafeRawBufferPointer, event: UUID
    ) throws(SealingError) -> (salt: [UInt8], data: [UInt8]) {
        guard EventEnvelope.isOne(envelope) else { throw .malformed }
        let body = 1 + EventEnvelope.commitmentLength
        guard envelope[1..<body].elementsEqual(commitment) else { throw .otherKey }
        guard let box = try? AES.GCM.SealedBox(combined: Data(envelope[body...])),
            let plain = try? AES.GCM.open(box, using: eventKey, authenticating: binding(of: event))
        else { throw .notAuthentic }
        return (Array(plain.prefix(EventEnvelope.saltLength)), Array(plain.dropFirst(EventEnvelope.saltLength)))
    }

    private func binding(of event: UUID) -> [UInt8] {
        var binding = eventBinding
        binding.append(event)
        return binding.bytes
    }
}

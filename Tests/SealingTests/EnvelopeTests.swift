import Crypto
import Foundation
import Testing

@testable import Sealing

@Suite("Envelopes of events")
struct EnvelopeTests {
    @Test("what was sealed is opened again, whatever its length", arguments: [2, 3, 15, 16, 17, 255, 4_096, 65_536])
    func roundTrip(length: Int) throws {
        let (salt, data) = ([UInt8](repeating: 7, count: 32), [UInt8](repeating: 0x20, count: length))
        let envelope = Sample.key.seal(salt: salt, data: data, event: Sample.event, nonce: Sample.nonce)
        #expect(envelope.count == EventEnvelope.minimumLength - 2 + length)
        let opened = try Sample.key.open(envelope)
        #expect(opened.salt == salt)
        #expect(opened.data == data)
    }

    /// Made with Python's cryptography 38 (OpenSSL).
    @Test("the bytes are those of the format: an envelope that others made")
    func knownAnswer() {
        #expect(
            Sample.envelope().hex == "019d6b27d9c5234b05d6c2110c5398ea8291a8fd7e62311977552b016662a7de2c"
                + "000102030405060708090a0b64db85b0a9375cb3bafa81319544465a338e9b3687cc96fd0fc679d1785aca3aa32db97ff83e"
                + "f0a584c99250ea873c5f53bc53bc6becf9")
    }

    @Test("an envelope of which any one bit was changed is refused")
    func everyBit() {
        let envelope = Sample.envelope()
        for index in envelope.indices {
            for bit in 0..<8 {
                var changed = envelope
                changed[index] ^= 1 << UInt8(bit)
                let expected: SealingError =
                    index == 0 ? .malformed : index <= EventEnvelope.commitmentLength ? .otherKey : .notAuthentic
                #expect(throws: expected, "byte \(index), bit \(bit)") { try Sample.key.open(changed) }
            }
        }
    }

    @Test("an envelope that was cut short or made longer is refused")
    func everyLength() {
        let envelope = Sample.envelope()
        for length in envelope.indices {
            #expect(throws: SealingError.self, "\(length)") { try Sample.key.open(Array(envelope[..<length])) }
        }
        #expect(throws: SealingError.notAuthentic) { try Sample.key.open(envelope + [0]) }
    }

    @Test("an envelope opens for its own event, under its own key, in its own log, tenant and subject only")
    func bindings() {
        let envelope = Sample.envelope()
        #expect(throws: SealingError.notAuthentic) { try Sample.key.open(envelope, event: UUID()) }
        let others = [
            Sample.key(Sample.secret, log: "log.example.com/other"), Sample.key(Sample.secret, tenant: UUID()),
            Sample.key(Sample.secret, subject: UUID()),
        ]
        for other in others { #expect(throws: SealingError.notAuthentic) { try other.open(envelope) } }
        // The key commitment tells another key, and the same one under another name, before anything is opened.
        for other in [Sample.key(SymmetricKey(size: .bits256)), Sample.key(Sample.secret, id: UUID())] {
            #expect(throws: SealingError.otherKey) { try other.open(envelope) }
        }
    }

    @Test("the end of a log's name is not the beginning of what follows it")
    func lengths() {
        #expect(AssociatedData("f/v1", log: "ab").bytes == Array("f/v1\n\0\u{2}ab".utf8))
        #expect(AssociatedData("f/v1", log: "").bytes == Array("f/v1\n\0\0".utf8))
    }
}

import Testing
import TransparencyLog

@Suite("Receipts")
struct ReceiptVerifierTests {
    let verifier: ReceiptVerifier
    let receipt: ProofFile

    init() throws {
        verifier = ReceiptVerifier(policy: try SampleLog.policy())
        receipt = try ProofFile(parsing: SampleLog.receipt.utf8)
    }

    @Test("a receipt made by another implementation is believed")
    func knownAnswer() throws {
        let verified = try verifier.verify(receipt, salt: SampleLog.salt(2), event: SampleLog.event(2))
        #expect(verified.checkpoint.size == 5)
        #expect(verified.checkpoint.origin == "log.example/billing")
        #expect(verified.cosignatures.map(\.time) == [SampleLog.cosignedAt])
        #expect(throws: Never.self) { try verifier.verify(receipt, leaf: SampleLog.leaves[2]) }
    }

    @Test("the log's key alone suffices where no witness is asked for")
    func withoutWitness() throws {
        let policy = try TrustPolicy(log: NoteVerifier(parsing: SampleLog.logKey))
        let verified = try ReceiptVerifier(policy: policy)
            .verify(receipt, salt: SampleLog.salt(2), event: SampleLog.event(2))
        #expect(verified.cosignatures.isEmpty)
    }

    @Test("a receipt proves its own event only", arguments: [0, 1, 3, 4])
    func otherEvents(index: Int) throws {
        #expect(throws: ReceiptRefusal.notIncluded) {
            try verifier.verify(receipt, salt: SampleLog.salt(index), event: SampleLog.event(index))
        }
        #expect(throws: ReceiptRefusal.notIncluded) {
            try verifier.verify(receipt, salt: SampleLog.salt(2), event: SampleLog.event(index))
        }
        let moved = try ProofFile(index: UInt64(index), path: receipt.path, checkpoint: receipt.checkpoint)
        #expect(throws: ReceiptRefusal.notIncluded) {
            try verifier.verify(moved, salt: SampleLog.salt(2), event: SampleLog.event(2))
        }
    }

    @Test("an index outside the tree is refused", arguments: [5, 6, 1 << 62] as [UInt64])
    func beyond(index: UInt64) throws {
        let moved = try ProofFile(index: index, path: receipt.path, checkpoint: receipt.checkpoint)
        #expect(throws: ReceiptRefusal.indexBeyondTree) {
            try verifier.verify(moved, salt: SampleLog.salt(2), event: SampleLog.event(2))
        }
    }

    @Test("a salt of another length is refused", arguments: [0, 31, 33])
    func saltLength(count: Int) {
        #expect(throws: ReceiptRefusal.wrongSaltLength) {
            try verifier.verify(receipt, salt: [UInt8](repeating: 2, count: count), event: SampleLog.event(2))
        }
    }

    @Test("a checkpoint that the reader does not trust is named as the reason")
    func untrusted() throws {
        let stranger = try NoteSigner.generate(name: KeyName("log.example/billing"))
        let strict = ReceiptVerifier(policy: try TrustPolicy(log: stranger.verifier))
        #expect(throws: ReceiptRefusal.checkpoint(.signature(.noKnownSignature))) {
            try strict.verify(receipt, salt: SampleLog.salt(2), event: SampleLog.event(2))
        }
    }

    @Test("another size under the same root is refused by the signature", arguments: [4, 6, 7, 8, 1 << 40] as [UInt64])
    func otherSize(size: UInt64) throws {
        let signed = receipt.checkpoint
        let claimed = try Checkpoint(origin: "log.example/billing", size: size, root: signed.unverified.root)
        let note = try Note(text: claimed.text, signatures: signed.note.signatures)
        let file = try ProofFile(index: 2, path: receipt.path, checkpoint: SignedCheckpoint(note: note))
        #expect(throws: ReceiptRefusal.checkpoint(.signature(.invalidSignature(verifier.policy.log.key)))) {
            try verifier.verify(file, salt: SampleLog.salt(2), event: SampleLog.event(2))
        }
    }

    /// Salt, event, index, path, origin, size, root, names, key ids, times and signatures: all that a file holds.
    @Test("with any one bit turned, the file is refused")
    func everyBit() {
        let bytes = Array(SampleLog.receipt.utf8)
        #expect(accepts(bytes))
        #expect((0..<(8 * bytes.count)).filter { accepts(bytes.flippingBit($0)) } == [])
    }

    /// Reads salt and event from the extra data, as this sample has them there.
    private func accepts(_ bytes: [UInt8]) -> Bool {
        guard let file = try? ProofFile(parsing: bytes) else { return false }
        let (salt, event) = (Array(file.extra.prefix(32)), Array(file.extra.dropFirst(32)))
        return (try? verifier.verify(file, salt: salt, event: event)) != nil
    }
}

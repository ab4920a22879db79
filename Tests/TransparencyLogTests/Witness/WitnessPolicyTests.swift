import Testing
import TransparencyLog

@Suite("What a witness cosigns")
struct WitnessPolicyTests {
    private let witness: SampleWitness

    init() throws {
        witness = try SampleWitness()
    }

    @Test("every tree is accepted after every tree it grew from, and nothing else with its proof")
    func exhaustive() throws {
        for new in 0...20 {
            for old in 0...new {
                let accepted = try witness.decide(witness.request(old, new), after: old)
                #expect(accepted.unverified == (try witness.checkpoint(new)))
                for latest in 0...20 where latest != old {
                    #expect(throws: WitnessRefusal.otherSize(UInt64(latest))) {
                        try witness.decide(witness.request(old, new), after: latest)
                    }
                }
            }
            #expect(throws: Never.self) { try witness.decide(witness.request(0, new), after: nil) }
            for old in (new + 1)...21 {
                #expect(throws: WitnessRefusal.oldSizeBeyondCheckpoint) {
                    try witness.decide(witness.request(old, new), after: old)
                }
            }
        }
    }

    @Test("a log that was never cosigned begins with the empty tree")
    func first() throws {
        #expect(throws: WitnessRefusal.otherSize(0)) { try witness.decide(witness.request(3, 5), after: nil) }
        let other = try witness.request(0, 0, root: SampleWitness.root(1))
        let evidence = try witness.signed(0, root: SampleWitness.root(1))
        #expect(throws: WitnessRefusal.otherRoot(evidence)) { try witness.decide(other, after: nil) }
    }

    @Test("from size 0 the proof is empty", arguments: [0, 1, 2, 5])
    func proofFromNothing(size: Int) throws {
        for proof in [[SampleWitness.root(size)], [MerkleTree.emptyRoot], sampleLeaves(3)] {
            let request = try witness.request(0, size, proof: proof)
            #expect(throws: WitnessRefusal.invalidProof) { try witness.decide(request, after: nil) }
        }
    }

    @Test("every bit of a proof matters, and so does each hash and their order", arguments: [(3, 7), (4, 9), (8, 16)])
    func proofBits(old: Int, new: Int) throws {
        let honest = try witness.request(old, new).proof
        var wrong: [[TreeHash]] = [[], honest + honest.prefix(1), Array(honest.dropLast()), Array(honest.dropFirst())]
        for index in honest.indices {
            for bit in 0..<256 {
                var proof = honest
                proof[index] = proof[index].flippingBit(bit)
                wrong.append(proof)
            }
        }
        if honest.count > 1 { wrong.append(honest.reversed()) }
        for proof in wrong {
            let request = try witness.request(old, new, proof: proof)
            #expect(throws: WitnessRefusal.invalidProof) { try witness.decide(request, after: old) }
        }
    }

    @Test("every bit of the new root matters", arguments: [(0, 1), (3, 7), (4, 8), (7, 7)])
    func rootBits(old: Int, new: Int) throws {
        for bit in 0..<256 where old > 0 {
            let root = SampleWitness.root(new).flippingBit(bit)
            let request = try witness.request(old, new, root: root)
            let reason: WitnessRefusal =
                old == new ? .otherRoot(try witness.signed(new, root: root)) : .invalidProof
            #expect(throws: reason) { try witness.decide(request, after: old) }
        }
    }

    @Test("every bit of the root that was cosigned last matters", arguments: [(3, 7), (4, 8), (7, 7)])
    func latestRootBits(old: Int, new: Int) throws {
        let request = try witness.request(old, new)
        for bit in 0..<256 {
            let latest = try witness.checkpoint(old, root: SampleWitness.root(old).flippingBit(bit))
            let reason: WitnessRefusal = old == new ? .otherRoot(request.checkpoint) : .invalidProof
            #expect(throws: reason) { try witness.policy.decide(request) { _ in latest } }
        }
    }

    @Test(
        "every bit of a size matters: the log's signature covers its own, and the old one must be that cosigned last",
        arguments: [(3, 7), (4, 9), (5, 5)])
    func sizeBits(old: Int, new: Int) throws {
        let honest = try witness.request(old, new)
        for bit in 0..<63 {
            let flipped = try Checkpoint(
                origin: "log.example/a", size: UInt64(new) ^ 1 << UInt64(bit), root: SampleWitness.root(new))
            let forged = try AddCheckpointRequest(
                oldSize: UInt64(old), proof: honest.proof,
                checkpoint: SignedCheckpoint(
                    note: Note(text: flipped.text, signatures: honest.checkpoint.note.signatures)))
            #expect(throws: WitnessRefusal.notSigned(.invalidSignature(witness.signer.verifier.key))) {
                try witness.decide(forged, after: old)
            }
            let from = UInt64(old) ^ 1 << UInt64(bit)
            let request = try AddCheckpointRequest(oldSize: from, proof: honest.proof, checkpoint: honest.checkpoint)
            #expect(throws: from > new ? WitnessRefusal.oldSizeBeyondCheckpoint : .otherSize(UInt64(old))) {
                try witness.decide(request, after: old)
            }
        }
    }

    @Test("every bit of the log's signature matters")
    func signatureBits() throws {
        let signature = try #require(witness.signed(5).note.signatures.first)
        for bit in 0..<(8 * signature.bytes.count) {
            let forged = try NoteSignature(key: signature.key, bytes: signature.bytes.flippingBit(bit))
            let request = try signed(by: [forged])
            #expect(throws: WitnessRefusal.notSigned(.invalidSignature(signature.key))) {
                try witness.decide(request, after: nil)
            }
        }
    }

    @Test("signatures of others are ignored, and not kept")
    func otherSignatures() throws {
        let mine = try #require(witness.signed(5).note.signatures.first)
        let stranger = try NoteSigner(name: mine.key.name, seed: [UInt8](repeating: 9, count: 32))
            .signature(over: witness.checkpoint(5).text)
        let junk = try NoteSignature(key: NoteKey(name: mine.key.name, id: KeyID(7)), bytes: [1])
        let accepted = try witness.decide(signed(by: [stranger, junk, mine]), after: nil)
        #expect(accepted == (try witness.signed(5)))
        #expect(throws: WitnessRefusal.notSigned(.noKnownSignature)) {
            try witness.decide(signed(by: [stranger, junk]), after: nil)
        }
    }

    @Test("a log that passes from one key to another is accepted with either, and with both")
    func rotation() throws {
        let next = try NoteSigner(name: KeyName("log.example/a"), seed: [UInt8](repeating: 2, count: 32))
        let both = try SampleWitness(others: [next.verifier])
        let text = try both.checkpoint(5).text
        let signatures = try [both.signer.signature(over: text), next.signature(over: text)]
        for kept in [signatures, Array(signatures[..<1]), Array(signatures[1...])] {
            #expect(try both.decide(signed(by: kept), after: nil).note.signatures == kept)
        }
        let forged = try NoteSignature(key: next.verifier.key, bytes: signatures[1].bytes.flippingBit(0))
        #expect(throws: WitnessRefusal.notSigned(.invalidSignature(next.verifier.key))) {
            try both.decide(signed(by: [signatures[0], forged]), after: nil)
        }
    }

    @Test("logs are told apart by the bytes of their origins, and each has its own state")
    func origins() throws {
        let other = try NoteSigner(name: KeyName("log.example/b"), seed: [UInt8](repeating: 2, count: 32))
        let both = try SampleWitness(others: [other.verifier])
        #expect(both.policy.origins.map(\.text) == ["log.example/a", "log.example/b"])
        let latest = try both.checkpoint(3)
        let accepted = try both.policy.decide(both.request(3, 5)) { $0.text == "log.example/a" ? latest : nil }
        #expect(accepted.unverified.size == 5)
        let stolen = try Checkpoint(origin: "log.example/b", size: 5, root: SampleWitness.root(5))
        let request = try AddCheckpointRequest(
            oldSize: 0, proof: [], checkpoint: SignedCheckpoint(signing: stolen, with: both.signer))
        #expect(throws: WitnessRefusal.notSigned(.noKnownSignature)) { try both.decide(request, after: nil) }

        let accented = try SampleWitness(origin: "log.example/caf\u{E9}")
        #expect(throws: WitnessRefusal.unknownOrigin) {
            try accented.decide(SampleWitness(origin: "log.example/cafe\u{301}").request(0, 5), after: nil)
        }
        let unnameable = try Checkpoint(origin: "a log", size: 0, root: MerkleTree.emptyRoot)
        let spaced = try AddCheckpointRequest(
            oldSize: 0, proof: [], checkpoint: SignedCheckpoint(signing: unnameable, with: witness.signer))
        #expect(throws: WitnessRefusal.unknownOrigin) { try witness.decide(spaced, after: nil) }
    }

    @Test("the refusals come in the order of the specification")
    func order() throws {
        let wrongSize = try AddCheckpointRequest(oldSize: 9, proof: sampleLeaves(1), checkpoint: witness.signed(5))
        let stranger = try SampleWitness(origin: "log.example/c")
        #expect(throws: WitnessRefusal.unknownOrigin) { try stranger.decide(wrongSize, after: 3) }
        let unsigned = try AddCheckpointRequest(
            oldSize: 9, proof: [],
            checkpoint: signed(by: [NoteSignature(key: stranger.signer.verifier.key, bytes: [1])])
                .checkpoint)
        #expect(throws: WitnessRefusal.notSigned(.noKnownSignature)) { try witness.decide(unsigned, after: 3) }
        #expect(throws: WitnessRefusal.oldSizeBeyondCheckpoint) { try witness.decide(wrongSize, after: 3) }
        let other = try witness.request(4, 5, proof: sampleLeaves(2))
        #expect(throws: WitnessRefusal.otherSize(3)) { try witness.decide(other, after: 3) }
    }

    @Test("a policy that makes no sense is none")
    func nonsense() throws {
        let (log, own) = (witness.signer.verifier, witness.cosigner.verifier)
        let wrong: [(NoteVerifier, [NoteVerifier], WitnessPolicyError)] = try [
            (own, [], .noLog), (log, [log], .wrongKeyType), (own, [own], .wrongKeyType),
            (own, [log, log], .ambiguousKey),
            (NoteVerifier(name: log.key.name, type: .cosignature, publicKey: own.publicKey), [log], .sharedName),
            (NoteVerifier(name: own.key.name, type: .cosignature, publicKey: log.publicKey), [log], .sharedPublicKey),
        ]
        for (witness, logs, reason) in wrong {
            #expect(throws: reason) { try WitnessPolicy(witness: witness, logs: logs) }
        }
    }

    /// A first request for the tree of five leaves with these signatures.
    private func signed(by signatures: [NoteSignature]) throws -> AddCheckpointRequest {
        try AddCheckpointRequest(
            oldSize: 0, proof: [],
            checkpoint: SignedCheckpoint(note: Note(text: witness.checkpoint(5).text, signatures: signatures)))
    }
}

import Testing
import TransparencyLog

@Suite("Trust policy")
struct TrustPolicyTests {
    /// sum.golang.org names its key and its log differently.
    static let goKey = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    static let goCheckpoint = """
        go.sum database tree
        6476701
        mb8QLQIs0Z0yP5Cstq6guj87oXWeC9gEM8oVikmm9Wk=

        — sum.golang.org Az3grsLX85Gz+s1SiTbgkuqxgItqFq7gsMUEyVnrsa9LM7Us9S+1xbFIGu95949rj4nPRYfvimWEPWL+o3GeoWwOoAw=

        """

    @Test("a log whose key has another name than its origin is believed only under its origin")
    func origin() throws {
        let signed = try SignedCheckpoint(parsing: Self.goCheckpoint.utf8)
        let key = try NoteVerifier(parsing: Self.goKey)
        #expect(try TrustPolicy(log: key, origin: "go.sum database tree").verify(signed).checkpoint.size == 6_476_701)
        #expect(throws: CheckpointRefusal.wrongOrigin) { try TrustPolicy(log: key).verify(signed) }
        #expect(throws: CheckpointRefusal.wrongOrigin) { try TrustPolicy(log: key, origin: "").verify(signed) }
    }

    @Test("the example of tlog-checkpoint carries the Go log's signature, made over that log's name")
    func relabelled() throws {
        let key = try NoteVerifier(parsing: Self.goKey)
        let line = """
            — sum.golang.org Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=

            """
        let original = CheckpointTests.example.replacing("example.com/behind-the-sofa", with: "go.sum database tree")
        let policy = try TrustPolicy(log: key, origin: "go.sum database tree")
        #expect(throws: Never.self) { try policy.verify(SignedCheckpoint(parsing: (original + "\n" + line).utf8)) }
        #expect(throws: CheckpointRefusal.signature(.invalidSignature(key.key))) {
            try policy.verify(SignedCheckpoint(parsing: (CheckpointTests.example + "\n" + line).utf8))
        }
    }

    @Test("as many witnesses as the quorum asks for must have signed, each counted once")
    func quorum() throws {
        let cosigners = try (0..<3).map { index in
            try Cosigner(name: KeyName("w\(index)"), seed: [UInt8](repeating: UInt8(index), count: 32))
        }
        let signer = try NoteSigner(parsingPrivateKey: SampleLog.logPrivateKey)
        let checkpoint = try Checkpoint(parsing: SampleLog.checkpointText)
        let logs = try signer.signature(over: checkpoint.text)
        for signing in 0...3 {
            let cosignatures = try cosigners[..<signing].flatMap {
                [try $0.cosign(checkpoint, time: 1), try $0.cosign(checkpoint, time: 2)]
            }
            let note = try Note(text: checkpoint.text, signatures: [logs] + cosignatures)
            let signed = try SignedCheckpoint(note: note)
            for quorum in 0...3 {
                let policy = try TrustPolicy(
                    log: signer.verifier, witnesses: cosigners.map(\.verifier), quorum: quorum)
                if quorum <= signing {
                    #expect(try policy.verify(signed).cosignatures.count == 2 * signing)
                } else {
                    #expect(throws: CheckpointRefusal.tooFewCosignatures(required: quorum, found: signing)) {
                        try policy.verify(signed)
                    }
                }
            }
        }
    }

    @Test("witnesses cannot speak for the log")
    func onlyWitnesses() throws {
        let signed = try SignedCheckpoint(parsing: SampleLog.checkpoint.utf8)
        let witnesses = signed.note.signatures.filter { $0.key.name.text.hasPrefix("witness") }
        let note = try Note(text: signed.note.text, signatures: witnesses)
        #expect(throws: CheckpointRefusal.notSignedByLog) {
            try SampleLog.policy().verify(SignedCheckpoint(note: note))
        }
    }

    @Test("a false cosignature refuses the checkpoint, even where none is needed")
    func falseCosignature() throws {
        let policy = try SampleLog.policy(quorum: 0)
        var signed = try SignedCheckpoint(parsing: SampleLog.checkpoint.utf8)
        #expect(throws: Never.self) { try policy.verify(signed) }
        let key = policy.witnesses[0].key
        try signed.add(NoteSignature(key: key, bytes: [UInt8](repeating: 0, count: 72)))
        #expect(throws: CheckpointRefusal.signature(.invalidSignature(key))) { try policy.verify(signed) }
    }

    @Test("policies that make no sense are refused")
    func senseless() throws {
        let log = try NoteVerifier(parsing: SampleLog.logKey)
        let witness = try NoteVerifier(parsing: SampleLog.witnessKey)
        let renamed = try NoteVerifier(name: KeyName("w2"), type: .cosignature, publicKey: witness.publicKey)
        let logAsWitness = try NoteVerifier(name: KeyName("w3"), type: .cosignature, publicKey: log.publicKey)
        #expect(throws: TrustPolicyError.wrongKeyType) { try TrustPolicy(log: witness) }
        #expect(throws: TrustPolicyError.wrongKeyType) { try TrustPolicy(log: log, witnesses: [log]) }
        for witnesses in [[witness, witness], [witness, renamed], [logAsWitness]] {
            #expect(throws: TrustPolicyError.sharedPublicKey) { try TrustPolicy(log: log, witnesses: witnesses) }
        }
        for quorum in [-1, 2] {
            #expect(throws: TrustPolicyError.unreachableQuorum) {
                try TrustPolicy(log: log, witnesses: [witness], quorum: quorum)
            }
        }
    }
}

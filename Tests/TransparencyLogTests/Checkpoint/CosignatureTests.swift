import Testing
import TransparencyLog

@Suite("Cosignatures")
struct CosignatureTests {
    /// A checkpoint as it was served, with the signatures of its log and of four witnesses.
    static let served = """
        arche2025h1.staging.ct.transparency.dev
        1432088532
        U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

        — arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
        — arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
        — transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
        — witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
        — remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
        — witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==

        """
    static let logKey = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
    static let witnessKey = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"

    @Test("a served checkpoint is believed, with its witness and the time")
    func served() throws {
        let signed = try SignedCheckpoint(parsing: Self.served.utf8)
        #expect(signed.note.signatures.count == 6)
        #expect(signed.encoded() == Array(Self.served.utf8))
        let policy = try TrustPolicy(
            log: NoteVerifier(parsing: Self.logKey), witnesses: [NoteVerifier(parsing: Self.witnessKey)], quorum: 1)
        let verified = try policy.verify(signed)
        #expect(verified.checkpoint.size == 1_432_088_532)
        #expect(verified.cosignatures.map(\.time) == [1_779_573_024])
        #expect(verified.cosignatures.map(\.verifier.key.name.text) == ["remora.n621.de"])
    }

    @Test("the time of the specification's example is read")
    func exampleTime() throws {
        let line = """
            — witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==

            """
        let signature = try #require(Note(parsing: (CheckpointTests.example + "\n" + line).utf8).signatures.first)
        #expect("\(signature.key)" == "witness.example.com/w1+8d66cf3f")
        #expect(try NoteVerifier(parsing: Self.witnessKey).cosignatureTime(of: signature) == 1_679_315_147)
        #expect(try NoteVerifier(parsing: Self.logKey).cosignatureTime(of: signature) == nil)
    }

    @Test("a cosignature covers the extension lines and the time")
    func covers() throws {
        let cosigner = try Cosigner(name: KeyName("w"), seed: SampleLog.witnessSeed)
        let root = MerkleTree.emptyRoot
        let checkpoint = try Checkpoint(origin: "log", size: 0, root: root, extensions: ["a"])
        let changed = try Checkpoint(origin: "log", size: 0, root: root, extensions: ["b"])
        let signature = try cosigner.cosign(checkpoint, time: 5)
        #expect(cosigner.verifier.verifies(signature, over: checkpoint.text))
        #expect(!cosigner.verifier.verifies(signature, over: changed.text))
        for bit in 0..<(8 * signature.bytes.count) {
            let forged = try NoteSignature(key: signature.key, bytes: signature.bytes.flippingBit(bit))
            #expect(!cosigner.verifier.verifies(forged, over: checkpoint.text))
        }
    }

    @Test("times up to 2^63 - 1 are signed and read, greater ones refused")
    func times() throws {
        let cosigner = try Cosigner(name: KeyName("w"), seed: SampleLog.witnessSeed)
        let checkpoint = try Checkpoint(origin: "log", size: 0, root: MerkleTree.emptyRoot)
        for time in [0, 1, Cosignature.maximumTime] {
            let signature = try cosigner.cosign(checkpoint, time: time)
            #expect(cosigner.verifier.verifies(signature, over: checkpoint.text))
            #expect(cosigner.verifier.cosignatureTime(of: signature) == time)
        }
        #expect(throws: CheckpointError.invalidTime) {
            try cosigner.cosign(checkpoint, time: Cosignature.maximumTime + 1)
        }
        let late = try NoteSignature(key: cosigner.verifier.key, bytes: [UInt8](repeating: 0x80, count: 72))
        #expect(cosigner.verifier.cosignatureTime(of: late) == nil)
    }

    @Test("one key in two roles makes two kinds of signature, neither good for the other")
    func separation() throws {
        let name = try KeyName("both")
        let signer = try NoteSigner(name: name, seed: SampleLog.witnessSeed)
        let cosigner = try Cosigner(name: name, seed: SampleLog.witnessSeed)
        #expect(signer.verifier.publicKey == cosigner.verifier.publicKey)
        #expect(signer.verifier.key != cosigner.verifier.key)
        let checkpoint = try Checkpoint(origin: "both", size: 0, root: MerkleTree.emptyRoot)
        let plain = try signer.signature(over: checkpoint.text)
        let timed = try cosigner.cosign(checkpoint, time: 0)
        let crossed = try [
            (signer.verifier, NoteSignature(key: signer.verifier.key, bytes: timed.bytes)),
            (signer.verifier, NoteSignature(key: signer.verifier.key, bytes: Array(timed.bytes.dropFirst(8)))),
            (cosigner.verifier, NoteSignature(key: cosigner.verifier.key, bytes: plain.bytes)),
            (
                cosigner.verifier,
                NoteSignature(key: cosigner.verifier.key, bytes: [0, 0, 0, 0, 0, 0, 0, 0] + plain.bytes)
            ),
        ]
        for (verifier, signature) in crossed { #expect(!verifier.verifies(signature, over: checkpoint.text)) }
    }
}

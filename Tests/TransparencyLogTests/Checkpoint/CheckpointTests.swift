import Testing
import TransparencyLog

@Suite("Checkpoints")
struct CheckpointTests {
    /// From c2sp.org/tlog-checkpoint.
    static let example = """
        example.com/behind-the-sofa
        20852163
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

        """
    static let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="

    @Test("the example of the specification is read and written")
    func specification() throws {
        let checkpoint = try Checkpoint(parsing: Self.example)
        #expect(checkpoint.origin == "example.com/behind-the-sofa")
        #expect(checkpoint.size == 20_852_163)
        #expect(checkpoint.root.base64 == Self.root)
        #expect(checkpoint.extensions.isEmpty)
        #expect(checkpoint.text == Self.example)
    }

    @Test("extension lines are kept, and origins of any form")
    func foreign() throws {
        let text = "go.sum database tree + é\n0\n\(Self.root)\noptional line\n— another 1\n"
        let checkpoint = try Checkpoint(parsing: text)
        #expect(checkpoint.origin == "go.sum database tree + é")
        #expect(checkpoint.extensions == ["optional line", "— another 1"])
        #expect(checkpoint.text == text)
    }

    @Test("sizes up to 2^63 - 1 are read", arguments: [0, 1, 9, 10, 256, 1 << 62, UInt64(Int64.max)])
    func sizes(size: UInt64) throws {
        let checkpoint = try Checkpoint(parsing: "log\n\(size)\n\(Self.root)\n")
        #expect(checkpoint.size == size)
        #expect(checkpoint.text == "log\n\(size)\n\(Self.root)\n")
    }

    @Test(
        "other spellings of a size are refused",
        arguments: [
            "", "00", "01", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x10", "٣", "9223372036854775808",
            "18446744073709551615", "18446744073709551616", "99999999999999999999999",
        ])
    func refusedSizes(size: String) {
        #expect(throws: CheckpointError.invalidSize) { try Checkpoint(parsing: "log\n\(size)\n\(Self.root)\n") }
    }

    static let malformedTexts: [(String, CheckpointError)] = [
        ("", .missingLine), ("log\n", .missingLine), ("log\n1\n", .missingLine), ("log\n1\n\(root)", .missingLine),
        ("log\n1\n\(root)\nlast", .missingLine), ("\n1\n\(root)\n", .invalidOrigin),
        ("a\tb\n1\n\(root)\n", .invalidOrigin), ("log\n1\n\n", .invalidRoot),
        ("log\n1\n\(root.dropLast())\n", .invalidRoot), ("log\n1\n\(root) \n", .invalidRoot),
        ("log\n1\n\(root.dropLast(4))\n", .invalidRoot), ("log\n1\n\(root)\n\n", .invalidExtension),
        ("log\n1\n\(root)\na\n\nb\n", .invalidExtension), ("log\n1\n\(root)\na\0\n", .invalidExtension),
        ("log\r\n1\r\n\(root)\r\n", .invalidSize),
    ]

    @Test("what is not a checkpoint is refused", arguments: malformedTexts)
    func malformed(text: String, reason: CheckpointError) {
        #expect(throws: reason) { try Checkpoint(parsing: text) }
    }

    @Test("no checkpoint is made that could not be read")
    func making() throws {
        let root = MerkleTree.emptyRoot
        for origin in ["", "a\nb", "a\u{1}"] {
            #expect(throws: CheckpointError.invalidOrigin) { try Checkpoint(origin: origin, size: 1, root: root) }
        }
        for line in ["", "a\nb"] {
            #expect(throws: CheckpointError.invalidExtension) {
                try Checkpoint(origin: "log", size: 1, root: root, extensions: [line])
            }
        }
        #expect(throws: CheckpointError.invalidSize) {
            try Checkpoint(origin: "log", size: Checkpoint.maximumSize + 1, root: root)
        }
    }

    @Test("signing gives what another implementation gives")
    func signing() throws {
        let root = MerkleTree.root(of: SampleLog.leaves)
        let checkpoint = try Checkpoint(origin: "log.example/billing", size: 5, root: root)
        #expect(checkpoint.text == SampleLog.checkpointText)
        let signer = try NoteSigner(parsingPrivateKey: SampleLog.logPrivateKey)
        var signed = try SignedCheckpoint(signing: checkpoint, with: signer)
        #expect(signed.unverified == checkpoint)
        let cosigner = try Cosigner(name: KeyName("witness.example/w1"), seed: SampleLog.witnessSeed)
        try signed.add(cosigner.cosign(checkpoint, time: SampleLog.cosignedAt))
        #expect(String(decoding: signed.encoded(), as: UTF8.self) == SampleLog.checkpoint)
        #expect(try SignedCheckpoint(parsing: SampleLog.checkpoint.utf8) == signed)
    }

    @Test("a note that is not a checkpoint is refused as one")
    func wrongNote() throws {
        let bytes = (NoteTests.text + "\n" + NoteTests.peterLine).utf8
        #expect(throws: CheckpointError.missingLine) { try SignedCheckpoint(parsing: bytes) }
        #expect(throws: CheckpointError.note(.noSignature)) { try SignedCheckpoint(parsing: Self.example.utf8) }
    }
}

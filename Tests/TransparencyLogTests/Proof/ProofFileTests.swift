import Testing
import TransparencyLog

@Suite("Proof files")
struct ProofFileTests {
    @Test("a file made by another implementation is read, and made the same")
    func knownAnswer() throws {
        let file = try ProofFile(parsing: SampleLog.receipt.utf8)
        #expect(file.index == 2)
        #expect(file.extra == SampleLog.salt(2) + SampleLog.event(2))
        #expect(file.path == InclusionProof.path(forLeafAt: 2, in: SampleLog.leaves))
        #expect(file.checkpoint == (try SignedCheckpoint(parsing: SampleLog.checkpoint.utf8)))
        #expect(file.encoded() == Array(SampleLog.receipt.utf8))
        let made = try ProofFile(extra: file.extra, index: 2, path: file.path, checkpoint: file.checkpoint)
        #expect(made == file)
    }

    @Test("a file without extra data and without path is read and written")
    func smallest() throws {
        let text = "c2sp.org/tlog-proof@v1\nindex 0\n\n" + SampleLog.checkpoint
        let file = try ProofFile(parsing: text.utf8)
        #expect(file.extra.isEmpty && file.path.isEmpty && file.index == 0)
        #expect(file.encoded() == Array(text.utf8))
    }

    static let header = "c2sp.org/tlog-proof@v1\n"
    static let hash = "V7csi3NPYCgSGlWS1PPz+vDt1kdnLpStuiYTb1f0/7Y="

    /// What follows the header, and why it is refused.
    static let malformedBodies: [(String, ProofFileError)] = [
        ("", .invalidIndex), ("\n", .invalidIndex), ("index\n\n", .invalidIndex),
        ("index notanumber\n\n", .invalidIndex), ("index -5\n\n", .invalidIndex), ("index 01\n\n", .invalidIndex),
        ("index  1\n\n", .invalidIndex), ("index 9223372036854775807\n\n", .invalidIndex),
        ("Index 1\n\n", .invalidIndex), ("extra Zg==\n", .invalidIndex),
        ("extra Zg==\nextra Zg==\nindex 0\n\n", .invalidIndex),
        ("extra !!notbase64!!\nindex 0\n\n", .invalidExtra), ("extra \nindex 0\n\n", .invalidExtra),
        ("extra Zg\nindex 0\n\n", .invalidExtra), ("index 0\nextra Zg==\n\n", .invalidHash),
        ("index 0\n!!notbase64!!\n\n", .invalidHash), ("index 0\nZg==\n\n", .invalidHash),
        ("index 0\n\(hash)\(hash)\n\n", .invalidHash), ("index 0\n\(hash)", .invalidHash),
        ("index 0\n\(hash)\n", .invalidHash), ("index 0\n\(hash) \n\n", .invalidHash),
        ("index 0\n" + String(repeating: hash + "\n", count: 64) + "\n", .pathTooLong),
        ("index 0\n\n", .checkpoint(.note(.noSignature))),
        ("index 0\n\n\n" + SampleLog.checkpoint, .checkpoint(.invalidSize)),
        ("index 0\n\n" + NoteTests.text + "\n" + NoteTests.peterLine, .checkpoint(.missingLine)),
        ("index 0\n\n" + String(SampleLog.checkpoint.dropLast()), .checkpoint(.note(.malformedSignature))),
    ]

    @Test("what is not a proof file is refused", arguments: malformedBodies)
    func malformed(body: String, reason: ProofFileError) {
        #expect(throws: reason) { try ProofFile(parsing: (Self.header + body).utf8) }
    }

    @Test(
        "a file begins with its header",
        arguments: ["", "c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2\nindex 0\n\n", "\n" + header])
    func wrongHeader(text: String) {
        #expect(throws: ProofFileError.invalidHeader) { try ProofFile(parsing: text.utf8) }
    }

    @Test("a path of 63 hashes is read, and an index up to 2^63 - 2")
    func limits() throws {
        let path = String(repeating: Self.hash + "\n", count: 63)
        let text = Self.header + "index 9223372036854775806\n\(path)\n" + SampleLog.checkpoint
        let file = try ProofFile(parsing: text.utf8)
        #expect(file.encoded() == Array(text.utf8))
        let checkpoint = file.checkpoint
        #expect(throws: ProofFileError.pathTooLong) {
            try ProofFile(index: 0, path: file.path + file.path, checkpoint: checkpoint)
        }
        #expect(throws: ProofFileError.invalidIndex) { try ProofFile(index: .max, path: [], checkpoint: checkpoint) }
        #expect(throws: ProofFileError.tooLarge) {
            let extra = [UInt8](repeating: 0, count: ProofFile.maximumByteCount * 3 / 4)
            return try ProofFile(extra: extra, index: 0, path: [], checkpoint: checkpoint)
        }
        #expect(throws: ProofFileError.tooLarge) {
            try ProofFile(parsing: [UInt8](repeating: 0, count: ProofFile.maximumByteCount + 1))
        }
    }
}

import Testing
import TransparencyLog

/// Texts and signatures from the tests of golang.org/x/mod/sumdb/note and from c2sp.org/signed-note.
@Suite("Notes")
struct NoteTests {
    static let text = """
        If you think cryptography is the answer to your problem,
        then you don't know what your problem is.

        """
    static let peterLine =
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    static let enochLine =
        "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"

    @Test("signing gives the published note")
    func sign() throws {
        let note = try NoteSigner(parsingPrivateKey: NoteKeyTests.privateKey).sign(Self.text)
        #expect(String(decoding: note.encoded(), as: UTF8.self) == Self.text + "\n" + Self.peterLine)
    }

    @Test("the example of the specification is read and written")
    func example() throws {
        let encoded = """
            Ognuno sta solo sul cuor della terra
            trafitto da un raggio di sole:

            ed è subito sera.

            — quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=

            """
        let note = try Note(parsing: encoded.utf8)
        #expect(note.text.hasSuffix("sole:\n\ned è subito sera.\n"))
        #expect(note.signatures.map { "\($0.key)" } == ["quasimodo.example/salvatore+367ba04b"])
        #expect(note.signatures.map(\.bytes.count) == [64])
        #expect(note.encoded() == Array(encoded.utf8))
    }

    /// What follows the empty line after the text, and why it is refused.
    static let malformedEndings: [(String, NoteError)] = [
        ("", .noSignature), (peterLine + "\n", .noSignature),
        (String(peterLine.dropLast()), .malformedSignature), (peterLine + "Unexpected line.\n", .malformedSignature),
        (peterLine.replacing("\n", with: "\r\n"), .controlCharacter),
        (peterLine.replacing("— ", with: "- "), .malformedSignature),
        (peterLine.replacing("— ", with: "—  "), .malformedSignature),
        (peterLine.replacing("Peter", with: "Peter "), .malformedSignature),
        (peterLine.replacing("Peter", with: "Peter+"), .malformedSignature),
        (peterLine.replacing("Peter", with: "Peter\u{A0}"), .malformedSignature),
        (peterLine.replacing("M=", with: "N="), .malformedSignature),
        (peterLine.replacing("=", with: ""), .malformedSignature),
        ("— PeterNeumann x08gow==\n", .malformedSignature), ("— PeterNeumann \n", .malformedSignature),
        ("— PeterNeumann\n", .malformedSignature),
    ]

    @Test("signature lines of another form are refused", arguments: malformedEndings)
    func malformedSignatures(ending: String, reason: NoteError) {
        #expect(throws: reason) { try Note(parsing: (Self.text + "\n" + ending).utf8) }
    }

    @Test("what has no signature lines is no note", arguments: ["", "\n", "\n\n", text, peterLine])
    func unsigned(text: String) {
        #expect(throws: NoteError.noSignature) { try Note(parsing: text.utf8) }
    }

    @Test("control characters are refused", arguments: ["\0", "\u{1}", "\t", "\r", "\u{1F}"])
    func controlCharacters(character: String) {
        #expect(throws: NoteError.controlCharacter) {
            try Note(parsing: (character + Self.text + "\n" + Self.peterLine).utf8)
        }
    }

    @Test("bytes that are no UTF-8 are refused", arguments: [0, 20])
    func invalidUTF8(position: Int) {
        var bytes = Array((Self.text + "\n" + Self.peterLine).utf8)
        bytes[position] = 0xFF
        #expect(throws: NoteError.invalidUTF8) { try Note(parsing: bytes) }
        var line = Array((Self.text + "\n" + Self.peterLine).utf8)
        line[Self.text.utf8.count + 8] = 0xFF
        #expect(throws: NoteError.malformedSignature) { try Note(parsing: line) }
    }

    @Test("16 signatures are read, and as many as the limit, but no more")
    func signatureCount() throws {
        for count in [1, 16, Note.maximumSignatureCount] {
            let encoded = Self.text + "\n" + String(repeating: Self.peterLine, count: count)
            #expect(try Note(parsing: encoded.utf8).signatures.count == count)
        }
        let tooMany = String(repeating: Self.peterLine, count: Note.maximumSignatureCount + 1)
        #expect(throws: NoteError.tooManySignatures) { try Note(parsing: (Self.text + "\n" + tooMany).utf8) }
    }

    @Test("a note of the greatest size is read and written, a larger one refused")
    func size() throws {
        let room = Note.maximumByteCount - 1 - Self.peterLine.utf8.count
        let text = String(repeating: "x", count: room - 1) + "\n"
        let signature = try #require(Note(parsing: (text + "\n" + Self.peterLine).utf8).signatures.first)
        #expect(try Note(text: text, signatures: [signature]).encoded().count == Note.maximumByteCount)
        #expect(throws: NoteError.tooLarge) { try Note(parsing: ("x" + text + "\n" + Self.peterLine).utf8) }
        #expect(throws: NoteError.tooLarge) { try Note(text: "x" + text, signatures: [signature]) }
        #expect(throws: NoteError.tooLarge) { try Note(parsing: [UInt8](repeating: 10, count: 3_000_000)) }
    }

    @Test("no note is made that could not be read")
    func making() throws {
        let signer = try NoteSigner(parsingPrivateKey: NoteKeyTests.privateKey)
        #expect(throws: NoteError.unterminatedText) { try signer.sign("abc") }
        #expect(throws: NoteError.unterminatedText) { try signer.sign("") }
        #expect(throws: NoteError.controlCharacter) { try signer.sign("a\tb\n") }
        #expect(throws: NoteError.noSignature) { try Note(text: "abc\n", signatures: []) }
        #expect(throws: NoteError.malformedSignature) { try NoteSignature(key: signer.verifier.key, bytes: []) }
        for text in ["\n", "\n\n", "a\n\n\n", "— a b\n"] {
            let note = try signer.sign(text)
            #expect(try Note(parsing: note.encoded()) == note)
        }
    }

    @Test("a key's new signature takes the place of its old one")
    func adding() throws {
        var note = try Note(parsing: (Self.text + "\n" + Self.peterLine + Self.enochLine).utf8)
        let (peter, enoch) = (note.signatures[0], note.signatures[1])
        try note.add(NoteSignature(key: peter.key, bytes: [1, 2, 3]))
        #expect(note.signatures.map(\.bytes) == [[1, 2, 3], enoch.bytes])
        try note.add(peter)
        #expect(note.signatures == [peter, enoch])
    }

    @Test("lines that look alike in another normal form are other notes")
    func normalisation() throws {
        let signer = try NoteSigner(parsingPrivateKey: NoteKeyTests.privateKey)
        let signature = try signer.signature(over: "caf\u{E9}\n")
        let (composed, decomposed) = (
            try Note(text: "caf\u{E9}\n", signatures: [signature]),
            try Note(text: "cafe\u{301}\n", signatures: [signature])
        )
        #expect(composed != decomposed)
        #expect(throws: Never.self) { try composed.verify(with: [signer.verifier]) }
        #expect(throws: NoteVerificationError.self) { try decomposed.verify(with: [signer.verifier]) }
    }
}

import Testing
import TransparencyLog

/// The rules of c2sp.org/signed-note, on the notes of golang.org/x/mod/sumdb/note.
@Suite("Verification of notes")
struct NoteVerificationTests {
    let text = NoteTests.text
    let peterLine = NoteTests.peterLine
    let enochLine = NoteTests.enochLine
    let peter: NoteVerifier
    let enoch: NoteVerifier

    init() throws {
        peter = try NoteVerifier(parsing: NoteKeyTests.verifierKey)
        enoch = try NoteVerifier(parsing: "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop")
    }

    @Test("the known keys' signatures are found, the others ignored")
    func known() throws {
        let note = try note(peterLine, enochLine)
        #expect(try note.verify(with: [peter]).signatures.map(\.verifier) == [peter])
        #expect(try note.verify(with: [enoch]).signatures.map(\.verifier) == [enoch])
        let both = try note.verify(with: [enoch, peter])
        #expect(both.signatures.map(\.verifier) == [peter, enoch])
        #expect(both.text == text)
        #expect(both.signatures.allSatisfy { $0.time == nil })
    }

    @Test("a note without a known key's signature is refused")
    func unknown() throws {
        let note = try note(peterLine)
        #expect(throws: NoteVerificationError.noKnownSignature) { try note.verify(with: []) }
        #expect(throws: NoteVerificationError.noKnownSignature) { try note.verify(with: [enoch]) }
    }

    @Test("a key that shares only the name, or only the id, is another key")
    func halfKnown() throws {
        let signature = try #require(note(peterLine).signatures.first)
        let otherID = NoteKey(name: peter.key.name, id: KeyID(peter.key.id.value &+ 1))
        let otherName = NoteKey(name: try KeyName("PeterNeuman"), id: peter.key.id)
        for key in [otherID, otherName] {
            let stranger = try NoteSignature(key: key, bytes: signature.bytes)
            let alone = try Note(text: text, signatures: [stranger])
            #expect(throws: NoteVerificationError.noKnownSignature) { try alone.verify(with: [peter]) }
            let beside = try Note(text: text, signatures: [stranger, signature])
            #expect(try beside.verify(with: [peter]).signatures.count == 1)
            #expect(!peter.verifies(stranger, over: text))
        }
    }

    @Test("one false signature of a known key refuses the note, wherever it stands")
    func falseSignature() throws {
        let line = try #require(note(peterLine).signatures.first)
        let forged = try NoteSignature(key: line.key, bytes: line.bytes.flippingBit(77))
        let enochs = try #require(note(enochLine).signatures.first)
        for signatures in [[forged], [forged, line], [line, forged], [enochs, line, forged]] {
            let note = try Note(text: text, signatures: signatures)
            #expect(throws: NoteVerificationError.invalidSignature(peter.key)) {
                try note.verify(with: [peter, enoch])
            }
        }
        let ignored = try Note(text: text, signatures: [forged, enochs])
        #expect(try ignored.verify(with: [enoch]).keys == [enoch.key])
    }

    @Test("a signature of another length is refused", arguments: [1, 63, 65, 72, 128])
    func wrongLength(count: Int) throws {
        for verifier in [peter, try NoteVerifier(parsing: SampleLog.witnessKey)] {
            let bytes = [UInt8](repeating: 0, count: count)
            let note = try Note(text: text, signatures: [NoteSignature(key: verifier.key, bytes: bytes)])
            #expect(throws: NoteVerificationError.invalidSignature(verifier.key)) { try note.verify(with: [verifier]) }
        }
    }

    @Test("a line that stands there twice counts once")
    func repeated() throws {
        let note = try note(peterLine, peterLine, enochLine, enochLine, peterLine)
        #expect(try note.verify(with: [peter]).signatures.count == 1)
        #expect(try note.verify(with: [peter, enoch]).signatures.map(\.verifier) == [peter, enoch])
    }

    @Test("two different keys under one name and id are refused where they would be used")
    func ambiguous() throws {
        // Two numbers found by trying, whose key ids collide.
        let twins = try [58_344, 122_863].map { number in
            let publicKey = (0..<32).reversed().map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
            return try NoteVerifier(name: KeyName("twins"), publicKey: publicKey)
        }
        #expect(twins.map { "\($0.key)" } == ["twins+0449da0f", "twins+0449da0f"])
        let peters = try note(peterLine)
        var note = peters
        try note.add(NoteSignature(key: twins[0].key, bytes: [UInt8](repeating: 0, count: 64)))
        #expect(throws: NoteVerificationError.ambiguousKey(twins[0].key)) { try note.verify(with: twins + [peter]) }
        #expect(try peters.verify(with: twins + [peter]).keys == [peter.key])
        #expect(try peters.verify(with: [peter, peter]).keys == [peter.key])
    }

    @Test("with any one bit turned, the note is no longer the key's")
    func everyBit() throws {
        let bytes = Array((text + "\n" + peterLine).utf8)
        var accepted: [Int] = []
        for bit in 0..<(8 * bytes.count) {
            guard let note = try? Note(parsing: bytes.flippingBit(bit)) else { continue }
            if (try? note.verify(with: [peter])) != nil { accepted.append(bit) }
        }
        #expect(accepted.isEmpty)
    }

    @Test("with any one bit of the public key turned, the signature does not hold", arguments: 0..<256)
    func everyKeyBit(bit: Int) throws {
        let other = try NoteVerifier(name: peter.key.name, publicKey: peter.publicKey.flippingBit(bit))
        let signature = try #require(note(peterLine).signatures.first)
        let relabelled = try NoteSignature(key: other.key, bytes: signature.bytes)
        #expect(!other.verifies(relabelled, over: text))
    }

    private func note(_ lines: String...) throws -> Note {
        try Note(parsing: (text + "\n" + lines.joined()).utf8)
    }
}

import Testing
import TransparencyLog

@Suite("A witness's answers")
struct WitnessAnswerTests {
    /// The specification's example.
    static let example = """
        — witness.example/w1 CMp+6LWBU0anHGH5aNDTJkH/gj79sG+T6+iP2ThYN5krrDJbR1HDnucjL39QsZTSvVjyQLrdk3DXDqI5G2HgLatVs0pWh6Up69HVOw==
        — witness.example/w1 I7rEps0pvK2UqkS2gSpVUDhrhVtQV9lgF6pRrWAvjJHjyWpW7VcE3SiOlVlbQNt64vWhO+DlkL0+UfzuOBMh9ChdMkP1vi/lCAsmlw==
        — witness.example/w2 AWui8Sk55XjYLOijihBjhqEH6nS1ndDymE0a+6idX7pLcnoB+dhnz0854aLZgrrKbYKA7nC3HNJhm/kWl7oJlqU3rXXvpysAdyP3wQ==

        """

    @Test("the specification's example is read, and written as it was")
    func specification() throws {
        let lines = try CosignatureLines(parsing: Self.example.utf8)
        #expect(
            lines.signatures.map(\.key.name.text) == ["witness.example/w1", "witness.example/w1", "witness.example/w2"])
        #expect(lines.signatures.allSatisfy { $0.bytes.count == 72 })
        #expect(lines.encoded() == Array(Self.example.utf8))
    }

    @Test("what is not exactly signature lines is refused")
    func malformed() throws {
        let line = String(Self.example.prefix { $0 != "\n" }) + "\n"
        let wrong: [(String, NoteError)] = [
            ("", .noSignature), ("\n", .malformedSignature), (String(line.dropLast()), .malformedSignature),
            (line + "\n", .malformedSignature), ("\n" + line, .malformedSignature), ("- a AAAA\n", .malformedSignature),
            (line.replacing("\n", with: "\r\n"), .malformedSignature),
            (String(repeating: line, count: 101), .tooManySignatures),
            (String(repeating: "x", count: CosignatureLines.maximumByteCount + 1), .tooLarge),
        ]
        for (text, reason) in wrong {
            #expect(throws: reason, "\(text.prefix(20))") { try CosignatureLines(parsing: text.utf8) }
        }
        let many = try CosignatureLines(parsing: String(repeating: line, count: 100).utf8)
        #expect(many.signatures.count == 100)
        #expect(throws: NoteError.noSignature) { try CosignatureLines([]) }
        #expect(throws: NoteError.tooManySignatures) { try CosignatureLines(many.signatures + many.signatures) }
    }

    @Test("a size is a decimal and a newline", arguments: [0, 1, 20_852_163, Checkpoint.maximumSize])
    func size(value: UInt64) {
        #expect(LatestSize(parsing: "\(value)\n".utf8) == LatestSize(value))
        #expect(LatestSize(value).encoded() == Array("\(value)\n".utf8))
    }

    @Test(
        "anything else is no size",
        arguments: [
            "", "\n", "1", "01\n", "-1\n", " 1\n", "1 \n", "1\r\n", "1\n\n", "1\n2\n", "0x1\n", "9223372036854775808\n",
            "00000000000000000001\n",
        ])
    func noSize(text: String) {
        #expect(LatestSize(parsing: text.utf8) == nil)
    }
}

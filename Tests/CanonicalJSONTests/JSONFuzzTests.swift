import CanonicalJSON
import Testing

@Suite("Random JSON")
struct JSONFuzzTests {
    @Test("what is written canonically reads back as the same value")
    func roundTrip() throws {
        var random = SeededGenerator.forTest()
        for _ in 0..<3_000 {
            let value = JSONValue.random(using: &random)
            let bytes = value.canonicalBytes()
            let read = try JSONParser.parse(bytes)
            #expect(read == value)
            #expect(read.canonicalBytes() == bytes)
        }
    }

    @Test("any text that is accepted has a canonical form that is accepted and canonical")
    func mutatedDocuments() {
        var random = SeededGenerator.forTest()
        var accepted = 0
        for _ in 0..<20_000 {
            var bytes = JSONValue.random(using: &random).canonicalBytes()
            for _ in 0..<Int.random(in: 1...3, using: &random) { mutate(&bytes, using: &random) }
            if staysCanonical(bytes) { accepted += 1 }
        }
        // Were none accepted, the test would say nothing.
        #expect(accepted > 1_000)
    }

    @Test("random bytes are refused or read, and never more than that")
    func randomBytes() {
        var random = SeededGenerator.forTest()
        let alphabet =
            Array(#"{}[]",:\/0123456789-+.eEtruefalsnbd "#.utf8) + [0x00, 0x0A, 0x1F, 0x80, 0xC3, 0xED, 0xF0, 0xFF]
        for round in 0..<20_000 {
            let count = Int.random(in: 0..<40, using: &random)
            let bytes = (0..<count).map { _ in
                round.isMultiple(of: 2)
                    ? UInt8.random(in: .min ... .max, using: &random) : alphabet.randomElement(using: &random) ?? 0
            }
            _ = staysCanonical(bytes)
        }
    }

    @Test("every beginning of a document is refused, or is a number")
    func prefixes() throws {
        var random = SeededGenerator.forTest()
        for _ in 0..<200 {
            let bytes = JSONValue.random(using: &random).canonicalBytes()
            for end in 0..<min(bytes.count, 300) {
                if let value = try? JSONParser.parse(bytes[..<end]) {
                    #expect(
                        bytes[0] == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[0]),
                        "\(value)")
                }
            }
        }
    }

    /// False if the bytes are refused. A refusal points into the text.
    private func staysCanonical(_ bytes: [UInt8]) -> Bool {
        do {
            let canonical = try JSONParser.parse(bytes).canonicalBytes()
            #expect((try? JSONParser.parse(canonical).canonicalBytes()) == canonical, "\(bytes)")
            return true
        } catch {
            #expect((0...bytes.count).contains(error.offset), "\(bytes)")
            return false
        }
    }

    private func mutate(_ bytes: inout [UInt8], using random: inout SeededGenerator) {
        let position = Int.random(in: 0...bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes.insert(.random(in: .min ... .max, using: &random), at: position)
        case 1: if position < bytes.count { bytes.remove(at: position) }
        case 2: if position < bytes.count { bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
        case 3: bytes.insert(contentsOf: bytes[position...].prefix(8), at: position)
        default: bytes.insert(0x20, at: position)
        }
    }
}

import Testing
import TransparencyLog

/// Every parser, on bytes that nobody meant for it. That it neither crashes nor hangs shows in the test ending.
@Suite("Fuzzing", .timeLimit(.minutes(10)))
struct ParserFuzzTests {
    @Test("what is accepted is written as the same bytes", arguments: FuzzTarget.all)
    func canonical(target: FuzzTarget) {
        for input in target.accepted { #expect(target.rewrite(input) == input) }
        var mutator = Mutator(generator: .forTest("fuzzing \(target.name)"))
        var wrong: [[UInt8]] = []
        for round in 0..<2500 {
            let input = target.accepted[round % target.accepted.count]
            let other = FuzzTarget.all[round % FuzzTarget.all.count].accepted[0]
            let candidate = round % 5 == 0 ? mutator.random() : mutator.mutate(input, other: other)
            if let written = target.rewrite(candidate), written != candidate { wrong.append(candidate) }
        }
        #expect(wrong.isEmpty)
    }

    @Test("inputs far beyond every limit are refused", arguments: FuzzTarget.all)
    func huge(target: FuzzTarget) {
        let count = 2 * ProofFile.maximumByteCount
        for byte in [UInt8(ascii: "\n"), UInt8(ascii: "A")] where target.name != "base64" {
            #expect(target.rewrite([UInt8](repeating: byte, count: count + 1)) == nil)
        }
        for input in target.accepted where !input.isEmpty && target.name != "base64" {
            let repeated = (0..<(count / input.count)).flatMap { _ in input }
            #expect(target.rewrite(repeated) == nil)
        }
    }

    @Test("whatever becomes of a receipt, what is still believed says the same")
    func receipts() throws {
        let original = try ProofFile(parsing: SampleLog.receipt.utf8)
        let verifier = ReceiptVerifier(policy: try SampleLog.policy())
        var mutator = Mutator(generator: .forTest())
        var wrong: [[UInt8]] = []
        for _ in 0..<1500 {
            let candidate = mutator.mutate(Array(SampleLog.receipt.utf8), other: Array(SampleLog.checkpoint.utf8))
            guard let file = try? ProofFile(parsing: candidate) else { continue }
            let (salt, event) = (Array(file.extra.prefix(32)), Array(file.extra.dropFirst(32)))
            guard (try? verifier.verify(file, salt: salt, event: event)) != nil else { continue }
            let same =
                file.extra == original.extra && file.index == original.index && file.path == original.path
                && file.checkpoint.unverified == original.checkpoint.unverified
            if !same { wrong.append(candidate) }
        }
        #expect(wrong.isEmpty)
    }

    @Test("proofs of random numbers and hashes are refused")
    func proofs() {
        var generator = SeededGenerator.forTest()
        let hashes = sampleLeaves(70)
        var accepted = 0
        for _ in 0..<3000 {
            let shift = UInt64.random(in: 0..<64, using: &generator)
            let (first, second) = (
                UInt64.random(in: .min ... .max, using: &generator) >> shift,
                UInt64.random(in: .min ... .max, using: &generator) >> shift
            )
            let path = (0..<Int.random(in: 0...66, using: &generator)).map { hashes[$0] }
            if InclusionProof.verify(leaf: hashes[67], index: first, size: second, path: path, root: hashes[68]) {
                accepted += 1
            }
            if ConsistencyProof.verify(
                firstSize: first, firstRoot: hashes[67], secondSize: second, secondRoot: hashes[68], path: path)
            {
                accepted += 1
            }
        }
        #expect(accepted == 0)
    }
}

import Testing
import TransparencyLog

@Suite("Add-checkpoint requests")
struct AddCheckpointRequestTests {
    /// The specification's example.
    static let example = """
        old 20852014
        PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
        jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
        5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
        /6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

        example.com/behind-the-sofa
        20852163
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

        — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
        — example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=

        """
    /// From old size 0, where the proof is empty.
    static let first = "old 0\n\n" + SampleLog.checkpoint

    private static let hash = "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw="

    @Test("the specification's example is read, and written as it was")
    func specification() throws {
        let request = try AddCheckpointRequest(parsing: Self.example.utf8)
        #expect(request.oldSize == 20_852_014)
        #expect(request.proof.count == 4)
        #expect(request.proof.last?.base64 == "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=")
        #expect(request.checkpoint.unverified.origin == "example.com/behind-the-sofa")
        #expect(request.checkpoint.unverified.size == 20_852_163)
        #expect(request.checkpoint.note.signatures.count == 2)
        #expect(request.encoded() == Array(Self.example.utf8))
    }

    @Test("the example is a request of an unknown log, and of a log with another key")
    func exampleIsRefused() throws {
        let request = try AddCheckpointRequest(parsing: Self.example.utf8)
        #expect(throws: WitnessRefusal.unknownOrigin) { try SampleWitness().decide(request, after: nil) }
        #expect(throws: WitnessRefusal.notSigned(.noKnownSignature)) {
            try SampleWitness(origin: "example.com/behind-the-sofa").decide(request, after: nil)
        }
    }

    @Test(
        "a first line that is not an old size is refused",
        arguments: [
            "", "\n", "old 0", "old \n\n", "old 00\n\n", "old 01\n\n", "old  1\n\n", "old 1 \n\n", "old -1\n\n",
            "old +1\n\n", "Old 1\n\n", "old\t1\n\n", "old 1\r\n\r\n", "1\n\n", "old 9223372036854775808\n\n",
            "old 18446744073709551616\n\n",
        ])
    func oldSize(text: String) {
        #expect(throws: AddCheckpointError.invalidOldSize) {
            try AddCheckpointRequest(parsing: "\(text)\(SampleLog.checkpoint)".utf8)
        }
    }

    @Test(
        "a line of the proof is one hash in its one spelling",
        arguments: [
            "\(hash) \n", " \(hash)\n", "\(hash)\r\n", "\(hash.dropLast())\n", "\(hash)=\n", "AAAA\n",
            "\(hash.replacing("kaw=", with: "kax="))\n", "\(hash)\(hash)\n", "-\n",
        ])
    func proofLine(line: String) {
        #expect(throws: AddCheckpointError.invalidHash) {
            try AddCheckpointRequest(parsing: "old 1\n\(line)\n\(SampleLog.checkpoint)".utf8)
        }
    }

    @Test("what follows the old size is refused for its reason")
    func malformed() {
        let line = Self.hash + "\n"
        expect("", .invalidHash)
        expect(line, .invalidHash)
        expect(line + SampleLog.checkpoint, .invalidHash)
        expect(String(repeating: line, count: 64) + "\n", .proofTooLong)
        expect("\n", .checkpoint(.note(.noSignature)))
        expect("\n\n5\n\(Self.hash)\n\n— a AAAAAAE=\n", .checkpoint(.invalidOrigin))
        expect("\n" + SampleLog.checkpointText, .checkpoint(.note(.noSignature)))
        expect("\n" + SampleLog.checkpoint.dropLast(), .checkpoint(.note(.malformedSignature)))
        expect("\n" + SampleLog.checkpoint + "\n", .checkpoint(.note(.noSignature)))
    }

    private func expect(_ rest: String, _ reason: AddCheckpointError) {
        #expect(throws: reason, "\(rest.prefix(60))") { try AddCheckpointRequest(parsing: "old 1\n\(rest)".utf8) }
    }

    @Test("up to 63 hashes and the greatest size are read, more refused")
    func limits() throws {
        let signed = try SignedCheckpoint(parsing: SampleLog.checkpoint.utf8)
        let hashes = sampleLeaves(64)
        let greatest = try AddCheckpointRequest(
            oldSize: Checkpoint.maximumSize, proof: Array(hashes[..<63]), checkpoint: signed)
        #expect(try AddCheckpointRequest(parsing: greatest.encoded()) == greatest)
        #expect(throws: AddCheckpointError.proofTooLong) {
            try AddCheckpointRequest(oldSize: 1, proof: hashes, checkpoint: signed)
        }
        #expect(throws: AddCheckpointError.invalidOldSize) {
            try AddCheckpointRequest(oldSize: Checkpoint.maximumSize + 1, proof: [], checkpoint: signed)
        }
        let large = [UInt8](repeating: 0x6F, count: AddCheckpointRequest.maximumByteCount + 1)
        #expect(throws: AddCheckpointError.tooLarge) { try AddCheckpointRequest(parsing: large) }
        #expect(throws: AddCheckpointError.invalidOldSize) { try AddCheckpointRequest(parsing: large.dropLast()) }
    }
}

import Testing
import TransparencyLog

@Suite("Keys of cosigners")
struct CosignerKeyTests {
    /// From the seed 32...63; the id is that of the verifier key, which another implementation made.
    static let privateKey =
        "PRIVATE+KEY+witness.example/w1+20324abe+BCAhIiMkJSYnKCkqKywtLi8wMTIzNDU2Nzg5Ojs8PT4/"

    @Test("a key's texts lead back to it")
    func texts() throws {
        let cosigner = try Cosigner(parsingPrivateKey: Self.privateKey)
        #expect(cosigner.verifier.text == SampleLog.witnessKey)
        #expect(cosigner.privateKeyText() == Self.privateKey)
    }

    @Test("a new key cosigns, and is never the same")
    func generated() throws {
        let name = try KeyName("witness.example/new")
        let cosigner = try Cosigner.generate(name: name)
        let again = try Cosigner(parsingPrivateKey: cosigner.privateKeyText())
        #expect(again.verifier == cosigner.verifier)
        let checkpoint = try Checkpoint(origin: "log", size: 0, root: MerkleTree.emptyRoot)
        #expect(try cosigner.verifier.verifies(again.cosign(checkpoint, time: 1), over: checkpoint.text))
        #expect(try Cosigner.generate(name: name).verifier != cosigner.verifier)
    }

    @Test("a log's key cosigns nothing, and other texts are refused for their reason")
    func refused() throws {
        let wrong: [(String, NoteKeyError)] = [
            (SampleLog.logPrivateKey, .unknownType), (NoteKeyTests.privateKey, .unknownType),
            (SampleLog.witnessKey, .malformed), ("", .malformed), ("PRIVATE+KEY+", .malformed),
            (Self.privateKey + "\n", .malformed), (Self.privateKey.replacing("20324abe", with: "20324abf"), .wrongID),
            (Self.privateKey.replacing("/w1", with: "/w2"), .wrongID),
            (Self.privateKey.replacing("witness.", with: "wit ness."), .invalidName),
            (Self.privateKey.replacing("PRIVATE", with: "private"), .malformed),
        ]
        for (text, reason) in wrong {
            #expect(throws: reason, "\(text)") { try Cosigner(parsingPrivateKey: text) }
        }
    }
}

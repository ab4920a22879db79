import Testing
import TransparencyLog

/// Keys from the tests of golang.org/x/mod/sumdb/note and github.com/transparency-dev/formats.
@Suite("Note keys")
struct NoteKeyTests {
    static let verifierKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    static let privateKey = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"

    @Test(
        "published verifier keys are read and written",
        arguments: [
            (verifierKey, SignatureType.ed25519),
            ("EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop", .ed25519),
            ("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8", .ed25519),
            ("TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6", .ed25519),
            ("remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2", .cosignature),
        ])
    func verifierKeys(text: String, type: SignatureType) throws {
        let verifier = try NoteVerifier(parsing: text)
        #expect(verifier.text == text)
        #expect(verifier.type == type)
        #expect(text.hasPrefix("\(verifier.key)+"))
    }

    @Test("a private key is read and written, and belongs to its verifier key")
    func privateKeys() throws {
        let signer = try NoteSigner(parsingPrivateKey: Self.privateKey)
        #expect(signer.privateKeyText() == Self.privateKey)
        #expect(signer.verifier.text == Self.verifierKey)
        let sample = try NoteSigner(parsingPrivateKey: SampleLog.logPrivateKey)
        #expect(sample.verifier.text == SampleLog.logKey)
    }

    @Test("every part of a key, and every key with one changed character, is refused")
    func mangled() {
        for key in [Self.verifierKey, Self.privateKey] {
            var accepted: [String] = []
            let bytes = Array(key.utf8)
            var candidates: [[UInt8]] = []
            for start in 0...bytes.count {
                for end in start...bytes.count where (start, end) != (0, bytes.count) {
                    candidates.append(Array(bytes[start..<end]))
                }
            }
            for index in bytes.indices {
                var changed = bytes
                changed[index] += 1
                candidates.append(changed)
            }
            for candidate in candidates {
                let text = String(decoding: candidate, as: UTF8.self)
                if (try? NoteVerifier(parsing: text)) != nil || (try? NoteSigner(parsingPrivateKey: text)) != nil {
                    accepted.append(text)
                }
            }
            #expect(accepted.isEmpty)
        }
    }

    @Test(
        "a key is refused for its reason",
        arguments: [
            ("PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==", NoteKeyError.malformed),
            ("PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEQ==", .invalidKey),
            ("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", .unknownType),
            ("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", .wrongID),
            ("PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", .malformed),
            ("peterneumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", .wrongID),
            ("+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", .invalidName),
            ("Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", .invalidName),
            ("PeterNeumann+c74f20a3+", .malformed),
            ("rekor.sigstore.dev+12345678+THIS_IS_NOT_BASE64!", .malformed),
            ("rekor.sigstore.dev+12345678+AwEB", .unknownType),
            ("bananas.sigstore.dev+12344556", .malformed),
            ("", .malformed),
        ])
    func refused(text: String, reason: NoteKeyError) {
        #expect(throws: reason) { try NoteVerifier(parsing: text) }
    }

    @Test("a cosigner's key signs no notes")
    func wrongType() throws {
        let text = SampleLog.witnessKey.replacing("witness", with: "PRIVATE+KEY+witness", maxReplacements: 1)
        #expect(throws: NoteKeyError.unknownType) { try NoteSigner(parsingPrivateKey: text) }
    }

    @Test("a key of another length is refused", arguments: [0, 31, 33, 64])
    func wrongLength(count: Int) throws {
        let (name, bytes) = (try KeyName("log"), [UInt8](repeating: 7, count: count))
        #expect(throws: NoteKeyError.invalidKey) { try NoteVerifier(name: name, publicKey: bytes) }
        #expect(throws: NoteKeyError.invalidKey) { try NoteSigner(name: name, seed: bytes) }
        #expect(throws: NoteKeyError.invalidKey) { try Cosigner(name: name, seed: bytes) }
    }

    @Test(
        "a name holds no space, plus sign or control character",
        arguments: [
            "", "a b", "a+b", "a\tb", "a\nb", "\u{0}", "a\u{A0}b", "a\u{2003}b", "a\u{3000}", "a\u{2028}", "a\u{85}",
        ])
    func names(text: String) {
        #expect(throws: NoteKeyError.invalidName) { try KeyName(text) }
    }

    @Test("two spellings of one letter are two names")
    func normalisation() throws {
        #expect("caf\u{E9}" == "cafe\u{301}")
        #expect(try KeyName("caf\u{E9}") != KeyName("cafe\u{301}"))
        #expect(try Set([KeyName("caf\u{E9}"), KeyName("cafe\u{301}")]).count == 2)
    }

    @Test("a new key signs, and its texts lead back to it")
    func generated() throws {
        let signer = try NoteSigner.generate(name: KeyName("EnochRoot"))
        let again = try NoteSigner(parsingPrivateKey: signer.privateKeyText())
        #expect(again.verifier == signer.verifier)
        #expect(try NoteVerifier(parsing: signer.verifier.text) == signer.verifier)
        #expect(try signer.verifier.verifies(again.signature(over: "hi\n"), over: "hi\n"))
        #expect(try NoteSigner.generate(name: KeyName("EnochRoot")).verifier != signer.verifier)
    }

    @Test("descriptions tell the name and nothing of the key")
    func redacted() throws {
        let signer = try NoteSigner(parsingPrivateKey: Self.privateKey)
        let cosigner = try Cosigner(name: KeyName("w"), seed: SampleLog.witnessSeed)
        for text in ["\(signer)", String(reflecting: signer), String(describing: signer)] {
            #expect(text == "NoteSigner(PeterNeumann+c74f20a3)")
        }
        var dumped = ""
        dump(signer, to: &dumped)
        dump(cosigner, to: &dumped)
        #expect(!dumped.lowercased().contains("privatekey"))
        #expect(String(reflecting: cosigner) == "Cosigner(\(cosigner.verifier.key))")
    }
}

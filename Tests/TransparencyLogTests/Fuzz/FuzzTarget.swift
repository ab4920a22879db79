import Testing
import TransparencyLog

/// A parser as a fuzzer sees it: bytes in, and if they are accepted, the bytes that the value is written as.
struct FuzzTarget: Sendable, CustomTestStringConvertible {
    let name: String
    /// Inputs that are accepted.
    let accepted: [[UInt8]]
    let rewrite: @Sendable ([UInt8]) -> [UInt8]?

    var testDescription: String { name }

    static let all = [
        FuzzTarget(name: "note", accepted: [noteWithTwoKeys, CosignatureTests.served]) {
            try? Note(parsing: $0).encoded()
        },
        FuzzTarget(name: "checkpoint", text: [CheckpointTests.example, "a b\n0\n\(CheckpointTests.root)\nx\ny\n"]) {
            try? Checkpoint(parsing: $0).text
        },
        FuzzTarget(name: "signed checkpoint", accepted: [SampleLog.checkpoint, TrustPolicyTests.goCheckpoint]) {
            try? SignedCheckpoint(parsing: $0).encoded()
        },
        FuzzTarget(name: "proof file", accepted: [SampleLog.receipt]) {
            try? ProofFile(parsing: $0).encoded()
        },
        FuzzTarget(name: "verifier key", text: [NoteKeyTests.verifierKey, SampleLog.witnessKey]) {
            try? NoteVerifier(parsing: $0).text
        },
        FuzzTarget(name: "private key", text: [NoteKeyTests.privateKey, SampleLog.logPrivateKey]) {
            try? NoteSigner(parsingPrivateKey: $0).privateKeyText()
        },
        FuzzTarget(name: "cosigner's key", text: [CosignerKeyTests.privateKey]) {
            try? Cosigner(parsingPrivateKey: $0).privateKeyText()
        },
        FuzzTarget(
            name: "add-checkpoint request",
            accepted: [AddCheckpointRequestTests.example, AddCheckpointRequestTests.first]
        ) {
            try? AddCheckpointRequest(parsing: $0).encoded()
        },
        FuzzTarget(name: "cosignature lines", accepted: [WitnessAnswerTests.example]) {
            try? CosignatureLines(parsing: $0).encoded()
        },
        FuzzTarget(name: "latest size", accepted: ["0\n", "20852163\n"]) {
            LatestSize(parsing: $0)?.encoded()
        },
        FuzzTarget(
            name: "tile path",
            text: ["tile/0/000", "tile/63/x001/x234/067.p/255", "tile/entries/x001/000", "tile/entries/255.p/1"]
        ) {
            TilePath(parsing: $0)?.description
        },
        FuzzTarget(name: "base64", text: ["", "Zg==", "Zm8=", "Zm9v", CheckpointTests.root]) {
            Base64.decode($0.utf8).map { Base64.encode($0) }
        },
        FuzzTarget(name: "tree hash", text: [CheckpointTests.root]) {
            TreeHash(base64: $0.utf8)?.base64
        },
        FuzzTarget(name: "hash tile", bytes: [sampleLeaves(3).flatMap(\.bytes)]) {
            HashTile(parsing: $0, width: $0.count / TreeHash.byteCount)?.encoded()
        },
        FuzzTarget(name: "entry bundle", bytes: [[0, 1, 7, 0, 0, 0, 2, 8, 9], [0, 0, 0, 0, 0, 0]]) {
            EntryBundle(parsing: $0, width: 3)?.encoded()
        },
        FuzzTarget(name: "compact range", bytes: [[0, 5] + sampleLeaves(2).flatMap(\.bytes), [0, 0]]) { bytes in
            guard bytes.count >= 2 else { return nil }
            let size = UInt64(bytes[0]) << 8 | UInt64(bytes[1])
            return (try? CompactRange(size: size, encoded: bytes.dropFirst(2))).map { bytes.prefix(2) + $0.encoded() }
        },
    ]

    private static let noteWithTwoKeys = NoteTests.text + "\n" + NoteTests.peterLine + NoteTests.enochLine

    private init(name: String, bytes: [[UInt8]], rewrite: @escaping @Sendable ([UInt8]) -> [UInt8]?) {
        self.name = name
        accepted = bytes
        self.rewrite = rewrite
    }

    private init(name: String, accepted: [String], rewrite: @escaping @Sendable ([UInt8]) -> [UInt8]?) {
        self.init(name: name, bytes: accepted.map { Array($0.utf8) }, rewrite: rewrite)
    }

    /// For parsers that take text, which is UTF-8 before it comes to them.
    private init(name: String, text: [String], rewrite: @escaping @Sendable (String) -> String?) {
        self.init(name: name, accepted: text) { bytes in
            String(validating: bytes, as: UTF8.self).flatMap(rewrite).map { Array($0.utf8) }
        }
    }
}

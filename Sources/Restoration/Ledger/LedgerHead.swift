import CanonicalJSON
import Crypto
import EventStore
package import TransparencyLog

/// What the ledger says of itself, in its file `head`: how much of the log it covers, and which entries it has.
package struct LedgerHead: Sendable {
    static let file = "head"
    /// Largest file that is taken for one, in bytes.
    static let maximumByteCount = 4 << 20
    private static let format = "zentriq-erasure-ledger/v1"

    /// Counts the histories of the log: one more after each restore that was applied.
    let generation: Int64
    /// Of the log: every entry before its size is in the ledger.
    package let checkpoint: SignedCheckpoint
    /// Who signed that.
    package let signer: NoteVerifier
    let count: Int64
    let digest: LedgerDigest
    let handovers: [LogKeyHistory.Handover]

    package var size: Int64 { Int64(checkpoint.unverified.size) }

    static func retired(_ generation: Int64) -> String { "head-\(generation)" }

    var folder: String { "entries-\(generation)" }

    var bytes: [UInt8] {
        let keys = handovers.map { handover in
            JSONValue.object([
                "new": .string(handover.new), "note": .string(handover.note), "old": .string(handover.old),
            ])
        }
        let object: JSONObject = [
            "checkpoint": .string(String(decoding: checkpoint.encoded(), as: UTF8.self)),
            "count": .string(String(count)), "digest": .string(Base64.encode(digest.bytes)),
            "format": .string(Self.format), "generation": .string(String(generation)), "handovers": .array(keys),
            "signer": .string(signer.text),
        ]
        return JSONValue.object(object).canonicalBytes() + [UInt8(ascii: "\n")]
    }

    init(
        generation: Int64, checkpoint: SignedCheckpoint, signer: NoteVerifier, count: Int64, digest: LedgerDigest,
        handovers: [LogKeyHistory.Handover]
    ) {
        self.generation = generation
        self.checkpoint = checkpoint
        self.signer = signer
        self.count = count
        self.digest = digest
        self.handovers = handovers
    }

    /// Reads what ``bytes`` wrote. The signature is not looked at here.
    init(parsing bytes: [UInt8]) throws(RestoreRefusal) {
        guard !bytes.isEmpty else { throw .damaged("its head is empty") }
        let limits = JSONParser.Limits(maximumBytes: Self.maximumByteCount)
        guard let object = (try? JSONParser.parse(bytes, limits: limits))?.objectValue else {
            throw .damaged("its head is not strict JSON")
        }
        guard object["format"]?.stringValue == Self.format else { throw .damaged("its head is of another format") }
        guard let signer = (object["signer"]?.stringValue).flatMap({ try? NoteVerifier(parsing: $0) }),
            let checkpoint = (object["checkpoint"]?.stringValue)
                .flatMap({ try? SignedCheckpoint(parsing: Array($0.utf8)) }),
            let generation = Self.number(object["generation"]), generation > 0,
            let count = Self.number(object["count"]),
            let digest = (object["digest"]?.stringValue).flatMap({ Base64.decode(Array($0.utf8)) }),
            digest.count == SHA256.byteCount, let handovers = object["handovers"]?.arrayValue
        else { throw .damaged("its head lacks what it should say") }
        self.init(
            generation: generation, checkpoint: checkpoint, signer: signer, count: count,
            digest: LedgerDigest(bytes: digest), handovers: try handovers.map(Self.handover))
        guard self.bytes == bytes else { throw .damaged("its head says more than it should") }
    }

    private static func number(_ value: JSONValue?) -> Int64? {
        guard let text = value?.stringValue, let number = Int64(text), number >= 0, String(number) == text else {
            return nil
        }
        return number
    }

    private static func handover(_ value: JSONValue) throws(RestoreRefusal) -> LogKeyHistory.Handover {
        guard let object = value.objectValue, let old = object["old"]?.stringValue,
            let new = object["new"]?.stringValue, let note = object["note"]?.stringValue
        else { throw .damaged("a hand-over in its head is not one") }
        return LogKeyHistory.Handover(old: old, new: new, note: note)
    }
}

/// Over all entries in their order: which there are, and what stands in them.
struct LedgerDigest: Sendable, Equatable {
    private(set) var bytes = [UInt8](repeating: 0, count: SHA256.byteCount)

    mutating func take(_ entry: [UInt8]) {
        bytes = Array(SHA256.hash(data: bytes + Array(SHA256.hash(data: entry))))
    }
}

import Billing
import CanonicalJSON
import EventStore
package import TransparencyLog

/// An event whose receipt holds: that it is in the log, at this position, was found with public keys alone.
package struct VerifiedReceipt: Sendable {
    /// The event in canonical JSON, as it was committed to.
    package let event: [UInt8]
    package let origin: String
    package let position: UInt64
    /// The size of the tree that the event was shown to be in.
    package let size: UInt64
    package let root: TreeHash
    /// Witnesses that have seen that tree, with the time in seconds since 1970.
    package let witnesses: [(name: String, time: UInt64)]
    let members: JSONObject

    /// Reads and verifies a proof file (C2SP tlog-proof) with the extra data `{"event": …, "salt": base64}`.
    package init(_ file: [UInt8], policy: TrustPolicy) throws(ReceiptFault) {
        let proof: ProofFile
        do { proof = try ProofFile(parsing: file) } catch {
            throw ReceiptFault("the file is no proof: \(error.reason)")
        }
        let (event, salt) = try Self.open(proof.extra)
        let members = event
        guard let log = members["log"]?.stringValue, log.utf8.elementsEqual(proof.checkpoint.unverified.origin.utf8)
        else { throw ReceiptFault("the event is not of the log that the checkpoint is of") }
        let bytes = JSONValue.object(event).canonicalBytes()
        let verified: VerifiedCheckpoint
        do {
            verified = try ReceiptVerifier(policy: policy).verify(proof, salt: salt, event: bytes)
        } catch { throw ReceiptFault(error.reason) }
        self.event = bytes
        self.members = members
        origin = verified.checkpoint.origin
        position = proof.index
        size = verified.checkpoint.size
        root = verified.checkpoint.root
        witnesses = verified.cosignatures.compactMap { signature in
            signature.time.map { (signature.verifier.key.name.text, $0) }
        }
    }

    /// The extra data says nothing that is not exactly what was written: one way to write it, no further members.
    private static func open(_ extra: [UInt8]) throws(ReceiptFault) -> (event: JSONObject, salt: [UInt8]) {
        guard !extra.isEmpty else { throw ReceiptFault("the file has no event with it") }
        let value: JSONValue
        do {
            value = try JSONParser.parse(extra, limits: .init(maximumBytes: ProofFile.maximumByteCount))
        } catch { throw ReceiptFault("the extra data is not strict JSON: \(error)") }
        guard let object = value.objectValue, object.count == 2, let event = object["event"]?.objectValue,
            let text = object["salt"]?.stringValue
        else { throw ReceiptFault("the extra data is not an event and its salt") }
        guard value.canonicalBytes() == extra else { throw ReceiptFault("the extra data is not canonical JSON") }
        guard let salt = Base64.decode(Array(text.utf8)) else { throw ReceiptFault("the salt is not base64") }
        return (event, salt)
    }
}

/// Why a receipt is refused: in words, on one line.
package struct ReceiptFault: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension ReceiptRefusal {
    fileprivate var reason: String {
        switch self {
        case .wrongSaltLength: "the salt does not have \(EntryCommitment.saltByteCount) bytes"
        case .checkpoint(let refusal): refusal.reason
        case .indexBeyondTree: "the tree of the checkpoint has no such position"
        case .notIncluded: "this event, at this position, is not in the tree of the checkpoint"
        }
    }
}

extension CheckpointRefusal {
    fileprivate var reason: String {
        switch self {
        case .signature(.noKnownSignature), .notSignedByLog: "the checkpoint is not signed by the log's key"
        case .signature(.invalidSignature(let key)): "the signature of \(key) does not hold"
        case .signature(.ambiguousKey(let key)): "two of the given keys are called \(key)"
        case .wrongOrigin: "the checkpoint is of another log than the key"
        case .tooFewCosignatures(let required, let found):
            "the checkpoint is cosigned by \(found) of the given witnesses, not by \(required)"
        }
    }
}

extension ProofFileError {
    fileprivate var reason: String {
        switch self {
        case .tooLarge: "it is too large"
        case .invalidHeader: "it does not begin with c2sp.org/tlog-proof@v1"
        case .invalidExtra: "the line with the extra data is malformed"
        case .invalidIndex: "the line with the index is malformed"
        case .invalidHash: "a line of the path is malformed"
        case .pathTooLong: "the path is too long"
        case .checkpoint: "the checkpoint is malformed"
        }
    }
}

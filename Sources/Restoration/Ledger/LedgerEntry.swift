package import Billing
import CanonicalJSON
package import EventStore
import Foundation
import Retention
import TransparencyLog
import Verification

/// An event in the ledger: its receipt (C2SP tlog-proof), which shows with the log's public key alone that the log had
/// it. Of the system's own tenant, without personal data.
package struct LedgerEntry: Sendable {
    private static let suffix = ".tlog-proof"
    private static let digits = 20

    package let position: LogPosition
    package let stream: StreamID
    package let version: StreamVersion
    package let recordedAt: EventTime
    package let event: DomainEvent
    /// Of the tree that the event was shown to be in.
    let checkpoint: SignedCheckpoint
    let signer: NoteVerifier

    /// What has to be known after a restore, and what proves that something was allowed to go.
    static func isKept(_ type: EventType) -> Bool {
        ["policy", "hold", "sweep", "erasure", "restoration"].contains(type.category)
    }

    static func file(_ position: LogPosition) -> String {
        let number = String(position.rawValue)
        return String(repeating: "0", count: digits - number.utf8.count) + number + suffix
    }

    /// Nil if it is not the name of an entry.
    static func position(_ file: String) -> LogPosition? {
        guard file.hasSuffix(suffix), let number = Int64(file.dropLast(suffix.utf8.count)), number >= 0,
            Self.file(LogPosition(number)) == file
        else { return nil }
        return LogPosition(number)
    }

    /// Verifies a receipt that stands in a file of that name.
    init(_ bytes: [UInt8], file: String, origin: String, keys: TrustedKeys) throws(RestoreRefusal) {
        guard let proof = try? ProofFile(parsing: bytes) else { throw .damaged("\(file) is no proof") }
        guard proof.checkpoint.unverified.origin.utf8.elementsEqual(origin.utf8) else {
            throw .damaged("\(file) is of the log \(proof.checkpoint.unverified.origin), not of \(origin)")
        }
        guard let signer = keys.signer(of: proof.checkpoint), let policy = try? TrustPolicy(log: signer) else {
            throw .damaged("\(file) is not signed by a key of the log")
        }
        let receipt: VerifiedReceipt
        do { receipt = try VerifiedReceipt(bytes, policy: policy) } catch { throw .damaged("\(file): \(error)") }
        position = LogPosition(Int64(receipt.position))
        guard Self.file(position) == file else { throw .damaged("\(file) holds another position") }
        let limits = JSONParser.Limits(maximumBytes: ProofFile.maximumByteCount)
        guard let object = (try? JSONParser.parse(receipt.event, limits: limits))?.objectValue,
            let type = (object["type"]?.stringValue).flatMap({ EventCatalog.type(named: $0) }), Self.isKept(type),
            object["tenant"]?.stringValue == TenantID.system.rawValue.lowercaseText,
            let stream = (object["stream"]?.stringValue).flatMap({ StreamID($0) }),
            let version = (object["version"]?.stringValue).flatMap({ Int64($0) }),
            let time = (object["recorded_at"]?.stringValue).flatMap({ RFC3339.parse($0) }),
            let schema = (object["schema"]?.integerValue).flatMap({ Int16(exactly: $0) }), let data = object["data"]
        else { throw .damaged("\(file) holds an event that has no place in it") }
        do {
            event = try DomainEvent(type: type.name, schemaVersion: schema, data: data.canonicalBytes())
        } catch { throw .damaged("\(file): \(error)") }
        self.stream = stream
        self.version = StreamVersion(version)
        recordedAt = EventTime(microseconds: time)
        checkpoint = proof.checkpoint
        self.signer = signer
    }
}

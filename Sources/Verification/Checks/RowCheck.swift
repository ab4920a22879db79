package import Billing
import CanonicalJSON
package import EventStore
import Foundation
import Sealing
package import TransparencyLog

/// A row on its own: whether it is of the right form, is what its entry commits to, and can be read.
package struct CheckedRow: Sendable {
    /// What other rows are compared with.
    package struct Header: Sendable {
        package let recordedAt: EventTime
        package let stream: StreamKey
        package let version: StreamVersion
        package let retention: RetentionClass
        let request: UUID?
    }

    package let position: Int64
    /// Nil if the row is not of the right form.
    package fileprivate(set) var header: Header?
    /// Nil if the row is not of the right form, or its payload can't be read.
    package fileprivate(set) var decoded: DomainEvent?
    /// The entry of the tree, as the row has it. Nil if it has no 32 bytes.
    var entry: TreeHash?
    /// The hash of the entry.
    package fileprivate(set) var leaf = MerkleTree.emptyRoot
    /// Under which an answer must be kept, as far as the event tells.
    var answerKey: TreeHash?
    /// Of the request for a successful capture, if that came without a hold.
    var fingerprint: TreeHash?
    /// Of a sealed event that is open: the key.
    var key: SubjectKey?
    /// Of a sealed event that is not open: why.
    package fileprivate(set) var closed: EventSeal.Closed?
    package fileprivate(set) var faults: [String] = []
}

/// Checks rows one by one, without looking at any other. Rows are checked side by side.
struct RowCheck {
    /// Chunks, of some hundred rows in all, that one task checks before the next comes to take some.
    private static let share = 8

    private let origin: String
    /// Those that the rows name.
    private let keys: [UUID: SubjectKeys.Known]
    private var text: EventText

    private init(origin: String, keys: [UUID: SubjectKeys.Known]) {
        self.origin = origin
        self.keys = keys
        text = EventText(origin: origin)
    }

    /// - Returns: the rows in their order, in parts.
    static func check(
        _ rows: CopiedRows, origin: String, keys: [UUID: SubjectKeys.Known]
    ) async throws -> [[CheckedRow]] {
        try await withThrowingTaskGroup(of: (Int, [CheckedRow]).self) { group in
            for start in stride(from: 0, to: rows.chunks.count, by: share) {
                group.addTask {
                    var check = RowCheck(origin: origin, keys: keys)
                    var checked: [CheckedRow] = []
                    try rows.forEach(in: start..<min(start + share, rows.chunks.count), columns: EventRow.columns) {
                        checked.append(check.check($0))
                    }
                    return (start, checked)
                }
            }
            var parts: [(Int, [CheckedRow])] = []
            for try await part in group { parts.append(part) }
            return parts.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private mutating func check(_ fields: FieldScanner) -> CheckedRow {
        var checked = CheckedRow(position: EventRow.position(fields) ?? -1)
        var row: EventRow
        do { row = try EventRow(fields) } catch {
            checked.faults.append("the row is not of the right form: \(error.reason)")
            checked.entry = EventRow.commitment(fields)
            checked.leaf = checked.entry.map { MerkleTree.leafHash(of: $0) } ?? checked.leaf
            return checked
        }
        checked.header = CheckedRow.Header(
            recordedAt: row.recordedAt, stream: row.stream, version: row.version, retention: row.retention,
            request: row.request)
        checked.entry = row.commitment
        checked.leaf = MerkleTree.leafHash(of: row.commitment)
        do throws(EventDecodingError) {
            if let key = row.key { try check(&row, sealedUnder: key, &checked) } else { checkContent(row, &checked) }
        } catch {
            checked.faults.append("\(error)")
        }
        return checked
    }

    private mutating func check(
        _ row: inout EventRow, sealedUnder key: UUID, _ checked: inout CheckedRow
    ) throws(EventDecodingError) {
        let type = try type(of: row)
        checked.decoded = try DomainEvent(closed: type, in: row.stream.stream)
        let content = SubjectKeys.open(
            row.salt, of: row.id, tenant: row.stream.tenant, actor: row.actor.map(ActorHandle.init), with: keys[key])
        switch content {
        case .failure(let reason):
            checked.closed = reason
            if reason.isFinding { checked.faults.append("\(reason)") }
            checkClass(of: row, type, &checked)
        case .success(let (salt, data)):
            if case .key(let key)? = keys[key]?.content { checked.key = key }
            salt.withUnsafeBytes { salt in
                data.withUnsafeBytes { data in
                    (row.salt, row.data) = (salt, data)
                    checkContent(row, &checked)
                }
            }
        }
    }

    private mutating func checkContent(_ row: EventRow, _ checked: inout CheckedRow) {
        if commitment(to: row) != row.commitment {
            checked.faults.append("the row is not what its entry commits to")
        }
        do throws(EventDecodingError) { try decode(row, &checked) } catch { checked.faults.append("\(error)") }
    }

    private func decode(_ row: EventRow, _ checked: inout CheckedRow) throws(EventDecodingError) {
        let type = try type(of: row)
        let decoded = try DomainEvent(
            type, schemaVersion: row.schemaVersion, in: row.stream.stream, payload: row.data)
        checked.decoded = decoded
        checked.answerKey = AnsweredEvent.key(for: decoded)
        if case .capture(let record) = decoded, record.outcome == .success {
            checked.fingerprint = CommandKeys.captureFingerprint(row.data, hold: nil, key: checked.key)
        }
        checkClass(of: row, type, &checked)
    }

    private mutating func commitment(to row: EventRow) -> TreeHash {
        guard let type = row.type else { return row.event.computedCommitment(origin: origin) }
        return text.withBytes(of: row, type) { EntryCommitment.commitment(salt: row.salt, event: $0) }
    }

    private func type(of row: EventRow) throws(EventDecodingError) -> EventType {
        guard let type = row.type else { throw .unknownType(String(decoding: row.typeName, as: UTF8.self)) }
        return type
    }

    private func checkClass(of row: EventRow, _ type: EventType, _ checked: inout CheckedRow) {
        if type.retention != row.retention {
            checked.faults.append("\(type.name) stands in class \(row.retention.rawValue)")
        }
    }
}

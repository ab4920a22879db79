package import Billing
import CanonicalJSON
package import EventStore
import Foundation
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
    package fileprivate(set) var faults: [String] = []
}

/// Checks rows one by one, without looking at any other. Rows are checked side by side.
struct RowCheck {
    /// Chunks, of some hundred rows in all, that one task checks before the next comes to take some.
    private static let share = 8

    private let origin: String
    private var text: EventText

    private init(origin: String) {
        self.origin = origin
        text = EventText(origin: origin)
    }

    /// - Returns: the rows in their order, in parts.
    static func check(_ rows: CopiedRows, origin: String) async throws -> [[CheckedRow]] {
        try await withThrowingTaskGroup(of: (Int, [CheckedRow]).self) { group in
            for start in stride(from: 0, to: rows.chunks.count, by: share) {
                group.addTask {
                    var check = RowCheck(origin: origin)
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
        let row: EventRow
        do { row = try EventRow(fields) } catch {
            checked.faults.append("the row is not of the right form: \(error.reason)")
            checked.entry = EventRow.commitment(fields)
            checked.leaf = checked.entry.map { MerkleTree.leafHash(of: $0) } ?? checked.leaf
            return checked
        }
        if row.isSealed { checked.faults.append("the row says that it is sealed, which no event is") }
        checked.header = CheckedRow.Header(
            recordedAt: row.recordedAt, stream: row.stream, version: row.version, retention: row.retention,
            request: row.request)
        checked.entry = row.commitment
        checked.leaf = MerkleTree.leafHash(of: row.commitment)
        if commitment(to: row) != row.commitment {
            checked.faults.append("the row is not what its entry commits to")
        }
        do throws(EventDecodingError) { try decode(row, into: &checked) } catch {
            checked.faults.append("\(error)")
        }
        return checked
    }

    private mutating func commitment(to row: EventRow) -> TreeHash {
        guard let type = row.type else { return row.event.computedCommitment(origin: origin) }
        return text.withBytes(of: row, type) { EntryCommitment.commitment(salt: row.salt, event: $0) }
    }

    private func decode(_ row: EventRow, into checked: inout CheckedRow) throws(EventDecodingError) {
        guard let type = row.type else { throw .unknownType(String(decoding: row.typeName, as: UTF8.self)) }
        let decoded = try DomainEvent(
            type, schemaVersion: row.schemaVersion, in: row.stream.stream, payload: row.data)
        checked.decoded = decoded
        checked.answerKey = AnsweredEvent.key(for: decoded)
        if case .capture(let record) = decoded, record.outcome == .success {
            checked.fingerprint = CommandKeys.captureFingerprint(row.data, hold: nil)
        }
        if type.retention != row.retention {
            checked.faults.append("\(type.name) stands in class \(row.retention.rawValue)")
        }
    }
}

import Billing
import CanonicalJSON
import EventStore
import TransparencyLog

/// A row on its own: whether it is of the right form, is what its entry commits to, and can be read.
struct CheckedRow: Sendable {
    let position: Int64
    /// Nil if the row is not of the right form.
    var event: RecordedEvent?
    /// Nil if the row is not of the right form, or its payload can't be read.
    var decoded: DomainEvent?
    /// The entry of the tree, as the row has it. Nil if it has no 32 bytes.
    var entry: TreeHash?
    /// The hash of the entry.
    var leaf = MerkleTree.emptyRoot
    /// Under which an answer must be kept, as far as the event tells.
    var answerKey: TreeHash?
    var faults: [String] = []
}

/// Checks rows one by one, without looking at any other. Rows are checked side by side.
struct RowCheck {
    /// Rows that one task checks before the next comes to take some.
    private static let share = 1_024

    private let origin: String
    private var json = CanonicalWriter(reserving: 4_096)

    private init(origin: String) {
        self.origin = origin
    }

    /// - Returns: the rows in their order, in parts.
    static func check(_ rows: EventRows, origin: String) async -> [[CheckedRow]] {
        await withTaskGroup(of: (Int, [CheckedRow]).self) { group in
            for start in stride(from: 0, to: rows.count, by: share) {
                group.addTask {
                    var check = RowCheck(origin: origin)
                    var checked: [CheckedRow] = []
                    checked.reserveCapacity(share)
                    rows.forEach(in: start..<min(start + share, rows.count)) { checked.append(check.check($0)) }
                    return (start, checked)
                }
            }
            var parts: [(Int, [CheckedRow])] = []
            for await part in group { parts.append(part) }
            return parts.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private mutating func check(_ row: EventRow) -> CheckedRow {
        var checked = CheckedRow(position: row.position)
        let event: RecordedEvent
        do {
            let read = try row.event()
            event = read.event
            if read.isSealed { checked.faults.append("the row says that it is sealed, which no event is") }
        } catch {
            checked.faults.append("the row is not of the right form: \(error.reason)")
            checked.entry = row.commitment
            checked.leaf = checked.entry.map { MerkleTree.leafHash(of: $0) } ?? checked.leaf
            return checked
        }
        checked.event = event
        checked.entry = event.commitment
        checked.leaf = event.leaf
        json.removeAll()
        event.write(to: &json, origin: origin)
        if EntryCommitment.commitment(salt: event.salt, event: json.bytes) != event.commitment {
            checked.faults.append("the row is not what its entry commits to")
        }
        do {
            let decoded = try DomainEvent(event)
            checked.decoded = decoded
            checked.answerKey = AnsweredEvent.key(for: decoded)
            if let type = EventCatalog.type(named: event.type), !(type.retention == event.retention) {
                checked.faults.append("\(event.type) stands in class \(event.retention.rawValue)")
            }
        } catch {
            checked.faults.append("\(error)")
        }
        return checked
    }
}

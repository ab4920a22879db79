import Foundation
import Postgres

extension Eraser {
    /// The certificate of some destroyed rows, as the database wrote it.
    struct Certified: Sendable {
        let text: [UInt8]
        let first: Int64
        let last: Int64
        let count: Int64

        init(_ row: Row) throws {
            text = Array(try row.string(0).utf8)
            first = try row.int64(1)
            last = try row.int64(2)
            count = try row.int64(3)
        }
    }

    static let swept = EventType("retention.swept", retention: .system, category: "sweep")
    static let systemTenant = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    static let sweep: StreamID = {
        guard let stream = StreamID("sweep") else { preconditionFailure("sweep is a name of a stream") }
        return stream
    }()

    static let takeLease = Statement("SELECT zentriq.take_sweep_lease($1)")
    static let endLease = Statement("SELECT zentriq.end_sweep_lease($1)")
    static let destroyRows = Statement("SELECT * FROM zentriq.destroy_rows($1, $2, $3, $4, $5, $6)")
    static let certifyPartition = Statement("SELECT * FROM zentriq.certify_partition($1, $2, $3, $4)")
    static let dropCertified = Statement("SELECT zentriq.drop_certified($1)")
    static let dropEmpty = Statement("SELECT zentriq.drop_empty_partitions($1, $2, $3)")
    static let expiredEvents = Statement(
        "SELECT \(LogReader.columns(of: "e")) FROM zentriq.due_events($1, $2, $3, $4, $5, $6) AS e ORDER BY position")
    static let carriedEvents = Statement(
        "SELECT \(LogReader.columns(of: "e")) FROM zentriq.carried_events($1, $2, $3) AS e")
    static let countDue = Statement("SELECT zentriq.count_due($1, $2, $3, $4)")
}

extension [Eraser.Certified] {
    var batch: Eraser.Batch? {
        guard let first, let last else { return nil }
        return Eraser.Batch(
            positions: LogPosition(first.first)...LogPosition(last.last), count: reduce(0) { $0 + $1.count },
            certificates: count)
    }
}

/// Of streams that nothing is decided on.
struct NoState: StreamState {
    init() {}
    init(snapshot: [UInt8]) {}
    func snapshot() -> [UInt8] { Array("null".utf8) }
    var dueAt: EventTime? { nil }
}

import Billing
import EventStore
import TransparencyLog
import Verification

/// What a replay knows after the rows it has read.
struct ReplayReading {
    private let moment: Balances.Moment
    private var gone: GoneEvents
    private(set) var fold = LogFold()
    private(set) var tree = CompactRange()
    private(set) var report = Replay.Report()
    /// With events that could not be opened.
    private var closedStreams: Set<StreamKey> = []
    /// Up to where it has come.
    private(set) var next = LogPosition(0)
    /// Whether the moment has passed.
    private(set) var isOver = false

    /// - Parameter carried: the balances that were carried forward, if any events are gone.
    init(until moment: Balances.Moment, gone: GoneEvents, carried: CarriedBalances?) {
        self.moment = moment
        self.gone = gone
        if let carried { fold.know(carried) }
    }

    /// Takes rows in the order of the log.
    mutating func take(_ rows: [CheckedRow]) async throws {
        for row in rows {
            let position = LogPosition(row.position)
            guard moment.includes(position, row.header?.recordedAt) else {
                isOver = true
                return
            }
            if position > next, !gone.isEmpty { next = try await gone.skip(next..<position, tree: &tree) }
            take(row, at: position)
            next = LogPosition(row.position + 1)
        }
    }

    private mutating func take(_ row: CheckedRow, at position: LogPosition) {
        let at = "position \(row.position)"
        if position != next { report.found("\(at): positions \(next.rawValue) and on are missing") }
        for fault in row.faults { report.found("\(at): \(fault)") }
        tree.append(row.leaf)
        report.events += 1
        guard let header = row.header else { return }
        if row.closed != nil {
            report.closed += 1
            closedStreams.insert(header.stream)
            report.captures[header.stream] = nil
        }
        if !closedStreams.contains(header.stream), case .capture(let capture)? = row.decoded {
            report.captures[header.stream, default: CaptureDigest()].add(
                capture, at: position, recordedAt: header.recordedAt)
        }
        let contradictions = fold.take(
            row.decoded, at: position, of: header.stream, header.version, in: header.retention,
            erased: gone.count[header.retention, default: 0])
        for contradiction in contradictions { report.found("\(at): \(contradiction)") }
    }
}

package import Billing
package import EventStore
import Foundation
package import Logging
import Retention
import ServiceLifecycle

/// Counts the captures of each day once it is over, and appends the counts: the anonymous usage events. Any number of
/// services may do so; a day is counted once, as its event needs the stream's version of the day before.
package struct UsageRollUp: Service {
    /// How long after midnight (UTC) a day is counted: a gateway whose clock is that much behind may still add to it.
    package static let patienceSeconds: Int64 = 3_600
    private static let pollInterval = Duration.seconds(60)

    let reader: LogReader
    let ledger: CreditLedger
    let clock: WallClock
    let logger: Logger

    /// - Parameter reader: with a role that sees all tenants.
    package init(reader: LogReader, ledger: CreditLedger, clock: WallClock, logger: Logger) {
        self.reader = reader
        self.ledger = ledger
        self.clock = clock
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await catchUp()
                } catch let error as RetentionError {
                    logger.debug("somebody else has counted the day", metadata: ["error": "\(error)"])
                } catch {
                    if Task.isCancelled { return }
                    logger.error("captures could not be counted", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: Self.pollInterval)
            }
        }
    }

    /// Counts all days that are over and were not counted.
    ///
    /// - Throws: ``RetentionError`` if somebody else did meanwhile.
    @discardableResult
    package func catchUp() async throws -> [UsageCounts] {
        var made: [UsageCounts] = []
        guard var (next, version) = try await beginning() else { return [] }
        let today = CivilDay(of: clock.now().adding(seconds: -Self.patienceSeconds))
        while next.day < today {
            let counts = try await count(next.day, from: next.position)
            try await append(counts, after: version)
            version = version.next
            next = (next.day.adding(days: 1), counts.positions.upperBound)
            made.append(counts)
        }
        return made
    }

    /// The first day that was not counted and where its captures begin, and the version of the stream. Nil if there is no
    /// capture.
    private func beginning() async throws -> (next: (day: CivilDay, position: LogPosition), version: StreamVersion)? {
        let last = try await reader.stream(
            StreamKey(.system, Streams.statistics), of: .system, direction: .backward, limit: 1
        ).first
        if let last, case .usageCounted(let counts) = try DomainEvent(last) {
            return ((counts.day.adding(days: 1), counts.positions.upperBound), last.version)
        }
        let head = try await reader.head().nextPosition
        let first = try await reader.events(
            of: .capture, at: LogPosition(0)..<head, since: EventTime(microseconds: 0), limit: 1
        ).first
        return first.map { ((CivilDay(of: $0.recordedAt), $0.position), .none) }
    }

    private func count(_ day: CivilDay, from start: LogPosition) async throws -> UsageCounts {
        let head = try await reader.head().nextPosition
        let end = day.adding(days: 1).start
        var tally = UsageTally()
        var next = start
        reading: while next < head {
            let page = try await reader.events(of: .capture, at: next..<head, since: day.start)
            for event in page {
                guard event.recordedAt < end else { break reading }
                next = LogPosition(event.position.rawValue + 1)
                guard case .capture(let capture) = try DomainEvent(event) else { continue }
                tally.add(capture, of: event.stream.tenant, by: event.actor)
            }
            if page.count < LogReader.maximumPage { break }
        }
        return UsageCounts(day: day, cells: tally.cells, positions: start..<next)
    }

    private func append(_ counts: UsageCounts, after version: StreamVersion) async throws {
        _ = try await ledger.record(
            counts.newEvent, in: Streams.statistics, after: version, by: Requester(actor: nil, request: nil))
    }
}

import Billing
import EventStore

/// Reads the events of one category of all tenants, each once, as they come.
struct CategoryFollower: Sendable {
    private let reader: LogReader
    private let type: EventType
    private var next = LogPosition(0)
    private var since = EventTime(microseconds: 0)

    /// - Parameters:
    ///   - type: one of the category's.
    ///   - reader: with a role that sees all tenants.
    init(of type: EventType, reader: LogReader) {
        self.type = type
        self.reader = reader
    }

    /// What was recorded since the last time. If it can't be read, it comes again.
    mutating func catchUp() async throws -> [(event: DomainEvent, stream: StreamKey)] {
        let head = try await reader.head()
        var found: [(event: DomainEvent, stream: StreamKey)] = []
        var (next, since) = (next, since)
        while next < head.nextPosition {
            let page = try await reader.events(
                of: type.retention, category: type.category, at: next..<head.nextPosition, since: since)
            found += try page.map { (try DomainEvent($0), $0.stream) }
            guard page.count == LogReader.maximumPage, let last = page.last else { break }
            (next, since) = (LogPosition(last.position.rawValue + 1), last.recordedAt)
        }
        (self.next, self.since) = (head.nextPosition, head.recordedAt)
        return found
    }
}

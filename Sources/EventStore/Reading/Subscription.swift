/// All events from a position on, for ever, in order, none left out and none twice: catches up in pages, then waits for
/// the next commit of this process, and polls in case another process writes.
package struct Subscription: AsyncSequence, Sendable {
    package static let pageSize = 1_000
    package static let pollInterval = Duration.milliseconds(500)

    let reader: LogReader
    let signal: CommitSignal
    let start: LogPosition
    let since: EventTime?

    package init(reader: LogReader, signal: CommitSignal, from start: LogPosition, since: EventTime? = nil) {
        self.reader = reader
        self.signal = signal
        self.start = start
        self.since = since
    }

    package func makeAsyncIterator() -> Iterator {
        Iterator(subscription: self, next: start, since: since)
    }

    package struct Iterator: AsyncIteratorProtocol {
        let subscription: Subscription
        var next: LogPosition
        var since: EventTime?

        /// The next page, never empty. Nil when the task is cancelled.
        package mutating func next() async throws -> [RecordedEvent]? {
            while !Task.isCancelled {
                let page: [RecordedEvent]
                do {
                    page = try await subscription.reader.all(from: next, since: since, limit: Subscription.pageSize)
                } catch {
                    if Task.isCancelled { return nil }
                    throw error
                }
                if let last = page.last {
                    try Self.requireNoGap(page, from: next)
                    next = LogPosition(last.position.rawValue + 1)
                    since = last.recordedAt
                    return page
                }
                await subscription.signal.wait(beyond: next.rawValue, atMost: Subscription.pollInterval)
            }
            return nil
        }

        private static func requireNoGap(_ page: [RecordedEvent], from start: LogPosition) throws {
            for (offset, event) in page.enumerated() where event.position.rawValue != start.rawValue + Int64(offset) {
                throw LogError.corrupt("position \(start.rawValue + Int64(offset)) is missing")
            }
        }
    }
}

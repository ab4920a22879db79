import EventStore

extension AuditReader {
    /// A page of one stream, in the order of its versions, which is that of their positions.
    func page(
        of key: StreamKey, _ filter: EventFilter, in positions: Range<LogPosition>, from start: StreamVersion,
        limit: Int
    ) async throws -> Page {
        let chunk = min(limit + 1, limits.chunk)
        var events: [RecordedEvent] = []
        var version = start
        var scanned: Int64 = 0
        // What was looked through. A cursor tells a version; its position is that of the first event read.
        var lower = start == StreamVersion(1) ? positions.lowerBound : nil
        var upper = positions.lowerBound

        func page(next: StreamVersion?, upTo upper: LogPosition) -> Page {
            let lower = max(positions.lowerBound, min(lower ?? upper, upper))
            return Page(
                events: events, next: next.map { AuditCursor(.version($0), end: positions.upperBound) },
                positions: lower..<max(lower, upper))
        }

        while scanned < limits.scan {
            let read = try await reader.stream(key, of: filter.retention, from: version, limit: chunk)
            for event in read {
                lower = lower ?? event.position
                guard event.position < positions.upperBound else { return page(next: nil, upTo: positions.upperBound) }
                if filter.matches(event), positions.contains(event.position) {
                    guard events.count < limit else { return page(next: event.version, upTo: event.position) }
                    events.append(event)
                }
                version = event.version.next
                upper = LogPosition(event.position.rawValue + 1)
            }
            if read.count < chunk { return page(next: nil, upTo: positions.upperBound) }
            scanned += Int64(read.count)
        }
        return page(next: version, upTo: upper)
    }
}

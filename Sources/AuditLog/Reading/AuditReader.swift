import Billing
package import EventStore

/// Reads what matches a query, in the order of the log, a bounded piece at a time.
///
/// No index serves the filters: every append would have to keep it. Instead positions are looked through in windows, of
/// one query each, so that no connection is held for longer; and a page that has looked through ``Limits/scan`` of them
/// is given out as it is, empty or not, with a cursor. A query for one stream of one tenant follows that stream.
package struct AuditReader: Sendable {
    package struct Limits: Sendable {
        /// Positions that one query looks through.
        package var window: Int64 = 10_000
        /// Positions, or events of a stream, that are looked through for one page.
        package var scan: Int64 = 100_000
        /// Events of a stream that are read at once.
        package var chunk = 1_000

        package init() {}
    }

    package struct Page: Sendable {
        package let events: [RecordedEvent]
        /// Nil if nothing follows.
        package let next: AuditCursor?
        /// What was looked through for it.
        package let positions: Range<LogPosition>
    }

    package let reader: LogReader
    let limits: Limits

    /// `reader` with a role that may see all tenants, or, for queries that name a tenant, with the gateway's.
    package init(reader: LogReader, limits: Limits = Limits()) {
        self.reader = reader
        self.limits = limits
    }

    package var origin: String { reader.origin }

    package func head() async throws -> LogHead {
        try await reader.head()
    }

    /// The positions that a query is about, up to a head.
    package func positions(of query: AuditQuery, upTo head: LogPosition) async throws -> Range<LogPosition> {
        var (lower, upper) = (query.fromPosition ?? LogPosition(0), min(head, query.toPosition ?? head))
        if let from = query.from { lower = max(lower, try await reader.position(at: from)) }
        if let to = query.to { upper = min(upper, try await reader.position(at: to)) }
        return min(lower, upper)..<upper
    }

    /// Whether a cursor could be one of this query, in a log of that size.
    package func accepts(_ cursor: AuditCursor, for query: AuditQuery, upTo head: LogPosition) -> Bool {
        let isInStream = if case .version = cursor.place { true } else { false }
        return cursor.end <= head && isInStream == (query.streamKey != nil)
    }

    /// At most `limit` events, from the cursor or the beginning on.
    ///
    /// - Parameter positions: of the query, up to the cursor's end or, for the first page, the head.
    package func page(
        of query: AuditQuery, in positions: Range<LogPosition>, from cursor: AuditCursor?, limit: Int
    ) async throws -> Page {
        switch (query.streamKey, cursor?.place) {
        case (let key?, .version(let version)?):
            try await page(of: key, query.filter, in: positions, from: version, limit: limit)
        case (let key?, _):
            try await page(of: key, query.filter, in: positions, from: StreamVersion(1), limit: limit)
        case (nil, .position(let position)?):
            try await page(of: query, in: positions.clamped(from: position), limit: limit)
        case (nil, _):
            try await page(of: query, in: positions, limit: limit)
        }
    }

    private func page(of query: AuditQuery, in positions: Range<LogPosition>, limit: Int) async throws -> Page {
        let end = positions.upperBound
        let stop = min(end, positions.lowerBound.advanced(by: limits.scan))
        var events: [RecordedEvent] = []
        var next = positions.lowerBound
        while next < stop {
            let upper = min(stop, next.advanced(by: limits.window))
            events += try await reader.events(
                matching: query.filter, in: next..<upper, limit: limit + 1 - events.count)
            if events.count > limit {
                next = events.removeLast().position
                return Page(
                    events: events, next: AuditCursor(.position(next), end: end),
                    positions: positions.lowerBound..<next)
            }
            next = upper
        }
        let cursor = next < end ? AuditCursor(.position(next), end: end) : nil
        return Page(events: events, next: cursor, positions: positions.lowerBound..<next)
    }
}

extension AuditQuery {
    /// The one stream that is asked for, if it is one.
    fileprivate var streamKey: StreamKey? {
        guard let tenant, let stream else { return nil }
        return StreamKey(tenant, stream)
    }
}

extension LogPosition {
    fileprivate func advanced(by count: Int64) -> LogPosition {
        LogPosition(rawValue + count)
    }
}

extension Range<LogPosition> {
    fileprivate func clamped(from position: LogPosition) -> Self {
        Swift.min(Swift.max(position, lowerBound), upperBound)..<upperBound
    }
}

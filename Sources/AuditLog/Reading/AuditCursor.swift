package import EventStore

/// Where a listing goes on, and where it ends: at the log's head when its first page was read, so that what is appended
/// meanwhile, the records of reading the pages among it, does not make it endless.
package struct AuditCursor: Sendable, Hashable {
    package enum Place: Sendable, Hashable {
        /// In the order of the log.
        case position(LogPosition)
        /// In the order of the one stream that is asked for.
        case version(StreamVersion)
    }

    package let place: Place
    package let end: LogPosition

    package init(_ place: Place, end: LogPosition) {
        self.place = place
        self.end = end
    }

    /// `NEXT-END`, or `vNEXT-END` within a stream: opaque to clients.
    package var text: String {
        switch place {
        case .position(let position): "\(position.rawValue)-\(end.rawValue)"
        case .version(let version): "v\(version.rawValue)-\(end.rawValue)"
        }
    }

    /// Reads what ``text`` writes, and nothing else.
    package init?(_ text: String) {
        let isVersion = text.hasPrefix("v")
        let parts = text.dropFirst(isVersion ? 1 : 0).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let next = Int64(parts[0]), let end = Int64(parts[1]), next >= 0, end >= 0 else {
            return nil
        }
        self.init(isVersion ? .version(StreamVersion(next)) : .position(LogPosition(next)), end: LogPosition(end))
        guard self.text == text else { return nil }
    }
}

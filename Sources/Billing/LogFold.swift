package import CreditDomain
package import EventStore

/// What the events of a log add up to, one after the other: the newest version of every stream, the state of every
/// account.
package struct LogFold: Sendable {
    package struct Stream: Sendable {
        package fileprivate(set) var version = StreamVersion.none
        /// Of the newest event.
        package fileprivate(set) var position = LogPosition(0)
        /// Of an account: its state. Nil for streams of other categories.
        package fileprivate(set) var account: AccountState?
        /// Something was wrong with one of its events: nothing that follows from the state would say anything.
        package fileprivate(set) var isBroken = false
        /// See ``LogFold/markHead(of:)``.
        package fileprivate(set) var hasHead = false
    }

    package private(set) var streams: [StreamKey: Stream] = [:]
    /// Whether the fold began with the log's first event. Otherwise a stream may begin with any version, and accounts
    /// have no state.
    package let isWhole: Bool

    package init(isWhole: Bool = true) {
        self.isWhole = isWhole
    }

    /// Takes the next event of the log.
    ///
    /// - Parameter decoded: nil if it can't be read, which is the caller's to tell.
    /// - Returns: what contradicts the events before it, in words.
    package mutating func take(
        _ decoded: DomainEvent?, at position: LogPosition, of stream: StreamKey, _ version: StreamVersion
    ) -> [String] {
        streams[stream, default: Stream()].take(decoded, at: position, of: stream, version, isWhole: isWhole)
    }

    /// The state of an account, empty before its first event. Nil if nothing can be said of it.
    package func account(_ key: StreamKey) -> AccountState? {
        guard isWhole, let stream = streams[key] else { return isWhole ? AccountState() : nil }
        return stream.isBroken ? nil : stream.account ?? AccountState()
    }

    /// The stream, of which the head was found. Nil if it has no events.
    package mutating func markHead(of key: StreamKey) -> Stream? {
        guard let index = streams.index(forKey: key) else { return nil }
        streams.values[index].hasHead = true
        return streams.values[index]
    }

    /// The accounts that were folded from their first event.
    package var accounts: [StreamKey: AccountState] { streams.compactMapValues(\.account) }
}

extension LogFold.Stream {
    fileprivate mutating func take(
        _ decoded: DomainEvent?, at newPosition: LogPosition, of stream: StreamKey, _ newVersion: StreamVersion,
        isWhole: Bool
    ) -> [String] {
        var contradictions: [String] = []
        let isFirst = version == .none
        if newVersion != version.next, isWhole || !isFirst {
            contradictions.append(
                "version \(newVersion.rawValue) of \(stream.stream.name), not \(version.next.rawValue)")
            isBroken = true
        }
        version = newVersion
        position = newPosition
        switch decoded {
        case nil: isBroken = true
        case .credit(let credit)? where isWhole:
            // Taken out, so that it is changed in place.
            var state = account.take() ?? AccountState()
            do { try evolve(&state, credit) } catch {
                // What comes after it could only be wrong for the same reason.
                if !isBroken { contradictions.append("\(error)") }
                isBroken = true
            }
            if case .checked = credit { break }
            account = state
        case .credit?, .capture?, .tenantRegistered?, .subjectRegistered?, .auditRead?, .sealed?: break
        }
        return contradictions
    }
}

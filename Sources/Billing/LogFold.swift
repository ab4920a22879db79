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
        /// Events of the class that had gone by right when the newest event came.
        fileprivate var erased: Int64 = 0
    }

    package private(set) var streams: [StreamKey: Stream] = [:]
    /// Where accounts begin whose first events are gone.
    private var carried = CarriedBalances()
    /// Whether the fold began with the log's first event. Otherwise a stream may begin with any version, and accounts
    /// have no state.
    package let isWhole: Bool

    package init(isWhole: Bool = true) {
        self.isWhole = isWhole
    }

    /// Versions of streams that are missing, by class.
    package private(set) var missing: [RetentionClass: Int64] = [:]

    /// Takes the next event of the log.
    ///
    /// - Parameters:
    ///   - decoded: nil if it can't be read, which is the caller's to tell.
    ///   - erased: how many events of its class before it are certified to be gone: so many versions may be missing.
    /// - Returns: what contradicts the events before it, in words.
    package mutating func take(
        _ decoded: DomainEvent?, at position: LogPosition, of stream: StreamKey, _ version: StreamVersion,
        in retention: RetentionClass, erased: Int64 = 0
    ) -> [String] {
        streams[stream, default: Stream()].take(
            decoded, at: position, of: stream, version, erased: erased, carried: isWhole ? carried : nil,
            in: retention, missing: &missing)
    }

    /// The head of a stream, whose newest events may have gone by right.
    ///
    /// - Returns: whether that many can have.
    package mutating func finish(
        _ key: StreamKey, at version: StreamVersion, of retention: RetentionClass, erased: Int64
    ) -> Bool {
        let known = streams[key]
        let gap = version.rawValue - (known?.version ?? .none).rawValue
        guard gap > 0 else { return gap == 0 }
        missing[retention, default: 0] += gap
        return gap <= erased - (known?.erased ?? 0)
    }

    /// Makes balances known that were carried forward. They stand in the log after the events that follow them.
    package mutating func know(_ carried: CarriedBalances) {
        self.carried = carried
    }

    /// Accounts whose events are all gone, as they were carried forward.
    package var dormantAccounts: [StreamKey: AccountState] {
        isWhole ? carried.newest.filter { streams[$0.key] == nil } : [:]
    }

    /// What was carried forward last for an account.
    package func newestCarried(of key: StreamKey) -> CarriedBalance? { carried.newest(of: key) }

    /// The state of an account, empty before its first event. Nil if nothing can be said of it.
    ///
    /// - Parameter erased: how many billing events are certified to be gone so far: some may be the account's.
    package func account(_ key: StreamKey, erased: Int64 = 0) -> AccountState? {
        guard isWhole, let stream = streams[key] else { return isWhole && erased == 0 ? AccountState() : nil }
        return stream.isBroken || erased > stream.erased ? nil : stream.account ?? AccountState()
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
    /// - Parameter carried: nil if the fold did not begin with the log's first event.
    fileprivate mutating func take(
        _ decoded: DomainEvent?, at newPosition: LogPosition, of stream: StreamKey, _ newVersion: StreamVersion,
        erased: Int64, carried: CarriedBalances?, in retention: RetentionClass,
        missing: inout [RetentionClass: Int64]
    ) -> [String] {
        var contradictions: [String] = []
        if newVersion != version.next, carried != nil || version != .none {
            let gap = newVersion.rawValue - version.next.rawValue
            if gap > 0 { missing[retention, default: 0] += gap }
            contradictions = skip(to: newVersion, of: stream, gap: gap, erased: erased, carried: carried)
        }
        self.erased = erased
        version = newVersion
        position = newPosition
        switch decoded {
        case nil: isBroken = true
        case .credit(let credit)? where carried != nil:
            // Taken out, so that it is changed in place.
            var state = account.take() ?? AccountState()
            do { try evolve(&state, credit) } catch {
                // What comes after it could only be wrong for the same reason.
                if !isBroken { contradictions.append("\(error)") }
                isBroken = true
            }
            if case .checked = credit { break }
            account = state
        case .credit?, .capture?, .tenantRegistered?, .subjectRegistered?, .auditRead?, .privacy?, .staff?, .witnessed?,
            .carried?,
            .policyAdopted?,
            .holdPlaced?, .holdReleased?, .swept?, .usageCounted?, .erasure?, .padded?, .sealed?:
            break
        }
        return contradictions
    }

    /// The next event is not of the next version: those between may be gone by right.
    private mutating func skip(
        to newVersion: StreamVersion, of stream: StreamKey, gap: Int64, erased: Int64, carried: CarriedBalances?
    ) -> [String] {
        guard gap > 0, gap <= erased - self.erased else {
            isBroken = true
            return ["version \(newVersion.rawValue) of \(stream.stream.name), not \(version.next.rawValue)"]
        }
        guard let carried, Streams.product(ofAccount: stream.stream) != nil else { return [] }
        // Only the oldest events of an account ever go; some may have been read before they went.
        account = carried.balance(of: stream, before: newVersion)?.state
        guard account == nil else { return [] }
        isBroken = true
        return ["what the account was before version \(newVersion.rawValue) was not carried forward"]
    }
}

import Billing
package import CreditDomain
package import EventStore
package import TransparencyLog

/// Reads the log from its first event, hashes every row anew, checks every stream's versions, and folds every account:
/// what the balances were at a moment, whether the log is what its head says, and whether the states that live decisions
/// rest on are what the events add up to.
package struct Replay: Sendable {
    package struct Progress: Sendable {
        package let position: LogPosition
        package let size: LogPosition
    }

    package struct Report: Sendable {
        package var events: Int64 = 0
        package fileprivate(set) var accounts: [StreamKey: AccountState] = [:]
        /// Of those streams whose captures could all be opened.
        package fileprivate(set) var captures: [StreamKey: CaptureDigest] = [:]
        /// Events that are sealed and could not be opened: the key-encryption key is not there, or the key was destroyed.
        package fileprivate(set) var closed: Int64 = 0
        fileprivate var closedStreams: Set<StreamKey> = []
        /// What contradicts the log, with the position; empty if all is well. The first ``Replay/maximumFindings``.
        package var findings: [String] = []
        package var findingCount: Int64 = 0
        package var root: TreeHash = MerkleTree.emptyRoot
        /// Whether the whole log was read, so that root and states could be compared.
        package var isComplete = false
    }

    /// Findings beyond that many are counted, not kept.
    package static let maximumFindings = 100

    let reader: LogReader

    /// `reader` with a role that may see all tenants.
    package init(reader: LogReader) {
        self.reader = reader
    }

    package func run(
        until moment: Balances.Moment = .now, progress: @Sendable (Progress) -> Void = { _ in }
    ) async throws -> Report {
        let head = try await reader.head()
        var report = Report()
        var tree = CompactRange()
        var fold = LogFold()
        var next = LogPosition(0)
        var since: EventTime?
        reading: while next < head.nextPosition {
            let page = try await reader.all(from: next, since: since, limit: LogReader.maximumPage)
            if page.isEmpty { break }
            for event in page where event.position < head.nextPosition {
                guard moment.includes(event) else { break reading }
                report.take(event, expected: next, origin: reader.origin, tree: &tree, fold: &fold)
                next = LogPosition(event.position.rawValue + 1)
                since = event.recordedAt
            }
            progress(Progress(position: next, size: head.nextPosition))
        }
        report.accounts = fold.accounts
        report.root = tree.root()
        report.isComplete = moment == .now
        if report.isComplete {
            if tree.size != head.tree.size {
                report.found("the head says \(head.tree.size) events, the table holds \(tree.size)")
            } else if report.root != head.root {
                report.found("the root over all rows is not the head's root")
            }
            try await compareStates(fold, in: &report)
        }
        return report
    }

    /// The inline projection against the fold. An account that was appended to since is left to the next replay.
    private func compareStates(_ fold: LogFold, in report: inout Report) async throws {
        for (account, folded) in report.accounts {
            try Task.checkCancellation()
            let name = "\(account.tenant.rawValue.lowercaseText) \(account.stream.name)"
            do {
                let head = try await reader.head(of: account, as: AccountState.self)
                guard let head else {
                    report.found("\(name): the account has events and no head")
                    continue
                }
                let version = fold.streams[account]?.version ?? .none
                if head.version < version {
                    report.found("\(name): the head is at version \(head.version.rawValue), not \(version.rawValue)")
                } else if head.version == version, head.state != folded {
                    report.found("\(name): the state in the head is not what the events add up to")
                }
            } catch let error as EventDecodingError {
                report.found("\(name): the state in the head can't be read: \(error)")
            } catch let error as CreditError {
                report.found("\(name): the state in the head can't be read: \(error)")
            }
        }
    }
}

extension Replay.Report {
    mutating func found(_ finding: String) {
        findingCount += 1
        if findings.count < Replay.maximumFindings { findings.append(finding) }
    }

    mutating func take(
        _ event: RecordedEvent, expected: LogPosition, origin: String, tree: inout CompactRange, fold: inout LogFold
    ) {
        let at = "position \(event.position.rawValue)"
        if event.position != expected { found("\(at): positions \(expected.rawValue) and on are missing") }
        if let closed = event.closed {
            takeClosed(event, because: closed, at, tree: &tree)
        } else {
            guard takeOpen(event, at, origin: origin, tree: &tree) else { return }
        }
        events += 1
        var decoded: DomainEvent?
        do { decoded = try DomainEvent(event) } catch { found("\(at): \(error)") }
        if case .capture(let capture)? = decoded, !closedStreams.contains(event.stream) {
            captures[event.stream, default: CaptureDigest()].add(
                capture, at: event.position, recordedAt: event.recordedAt)
        }
        for contradiction in fold.take(decoded, at: event.position, of: event.stream, event.version) {
            found("\(at): \(contradiction)")
        }
    }

    /// Nothing but the entry itself can be looked at.
    private mutating func takeClosed(
        _ event: RecordedEvent, because closed: EventSeal.Closed, _ at: String, tree: inout CompactRange
    ) {
        if closed.isFinding { found("\(at): \(closed)") }
        self.closed += 1
        closedStreams.insert(event.stream)
        captures[event.stream] = nil
        tree.append(event.leaf)
    }

    private mutating func takeOpen(
        _ event: RecordedEvent, _ at: String, origin: String, tree: inout CompactRange
    ) -> Bool {
        guard event.salt.count == RecordedEvent.saltLength else {
            found("\(at): the salt does not have \(RecordedEvent.saltLength) bytes")
            return false
        }
        let commitment = event.computedCommitment(origin: origin)
        if commitment != event.commitment { found("\(at): the row is not what its entry commits to") }
        tree.append(MerkleTree.leafHash(of: commitment))
        return true
    }
}

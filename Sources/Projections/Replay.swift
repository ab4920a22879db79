import Billing
package import CreditDomain
package import EventStore
import Retention
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
        package fileprivate(set) var captures: [StreamKey: CaptureDigest] = [:]
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
        var gone = Gone(erasures: try await reader.certifiedErasures(), tree: TreeReader(reader: reader))
        if !gone.erasures.isEmpty { fold.know(try await reader.allCarriedBalances()) }
        var next = LogPosition(0)
        var since: EventTime?
        reading: while next < head.nextPosition {
            let page = try await reader.all(from: next, since: since, limit: LogReader.maximumPage)
            if page.isEmpty { break }
            for event in page where event.position < head.nextPosition {
                guard moment.includes(event) else { break reading }
                if event.position > next, !gone.erasures.isEmpty {
                    next = try await gone.skip(next..<event.position, tree: &tree)
                }
                report.take(
                    event, expected: next, origin: reader.origin, tree: &tree, fold: &fold,
                    erased: gone.count[event.retention, default: 0])
                next = LogPosition(event.position.rawValue + 1)
                since = event.recordedAt
            }
            progress(Progress(position: next, size: head.nextPosition))
        }
        report.accounts = fold.accounts.merging(fold.dormantAccounts) { folded, _ in folded }
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
                let version = fold.streams[account]?.version ?? fold.newestCarried(of: account)?.version ?? .none
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

extension Replay {
    /// Events that are gone by right, of which the tiles have kept the entries.
    private struct Gone {
        var erasures: CertifiedErasures
        let tree: TreeReader
        var count: [RetentionClass: Int64] = [:]

        init(erasures: CertifiedErasures, tree: TreeReader) {
            self.erasures = erasures
            self.tree = tree
        }

        /// Goes on through positions as long as they are certified to be gone; returns the first that is not.
        mutating func skip(_ positions: Range<LogPosition>, tree: inout CompactRange) async throws -> LogPosition {
            var bundle: (index: UInt64, entries: [TreeHash]) = (.max, [])
            for position in positions.lowerBound.rawValue..<positions.upperBound.rawValue {
                guard let certified = erasures.certificates(of: position).first else { return LogPosition(position) }
                let index = UInt64(position) / UInt64(TileCoordinate.fullWidth)
                if bundle.index != index { bundle = (index, try await self.tree.entries(index)) }
                tree.append(MerkleTree.leafHash(of: bundle.entries[Int(position) % TileCoordinate.fullWidth]))
                count[certified.certificate.retention, default: 0] += 1
            }
            return positions.upperBound
        }
    }
}

extension Replay.Report {
    mutating func found(_ finding: String) {
        findingCount += 1
        if findings.count < Replay.maximumFindings { findings.append(finding) }
    }

    mutating func take(
        _ event: RecordedEvent, expected: LogPosition, origin: String, tree: inout CompactRange, fold: inout LogFold,
        erased: Int64
    ) {
        let at = "position \(event.position.rawValue)"
        if event.position != expected { found("\(at): positions \(expected.rawValue) and on are missing") }
        guard event.salt.count == RecordedEvent.saltLength else {
            return found("\(at): the salt does not have \(RecordedEvent.saltLength) bytes")
        }
        let commitment = event.computedCommitment(origin: origin)
        if commitment != event.commitment { found("\(at): the row is not what its entry commits to") }
        tree.append(MerkleTree.leafHash(of: commitment))
        events += 1
        var decoded: DomainEvent?
        do { decoded = try DomainEvent(event) } catch { found("\(at): \(error)") }
        if case .capture(let capture)? = decoded {
            captures[event.stream, default: CaptureDigest()].add(
                capture, at: event.position, recordedAt: event.recordedAt)
        }
        let contradictions = fold.take(
            decoded, at: event.position, of: event.stream, event.version, in: event.retention, erased: erased)
        for contradiction in contradictions { found("\(at): \(contradiction)") }
    }
}

import Billing
package import CreditDomain
package import EventStore
package import Postgres
package import TransparencyLog
import Verification

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
        package internal(set) var accounts: [StreamKey: AccountState] = [:]
        /// Of those streams whose captures could all be opened.
        package internal(set) var captures: [StreamKey: CaptureDigest] = [:]
        /// Events that are sealed and could not be opened: the key-encryption key is not there, or the key was destroyed.
        package internal(set) var closed: Int64 = 0
        /// What contradicts the log, with the position; empty if all is well. The first ``Replay/maximumFindings``.
        package var findings: [String] = []
        package var findingCount: Int64 = 0
        package var root: TreeHash = MerkleTree.emptyRoot
        /// Whether the whole log was read, so that root and states could be compared.
        package var isComplete = false
    }

    /// Findings beyond that many are counted, not kept.
    package static let maximumFindings = 100

    let log: LogID
    let origin: String
    let pool: PostgresPool
    let keys: SubjectKeys

    /// - Parameters:
    ///   - pool: two connections, of a role that may see all tenants.
    ///   - keys: nil to open nothing that is sealed.
    package init(log: LogID, origin: String, pool: PostgresPool, keys: SubjectKeys? = nil) {
        self.log = log
        self.keys = keys ?? SubjectKeys(origin: origin, keys: nil)
        self.origin = origin
        self.pool = pool
    }

    package func run(
        until moment: Balances.Moment = .now, progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) async throws -> Report {
        let reader = LogReader(log: log, origin: origin, pool: pool)
        let head = try await reader.head()
        return try await LogScan.with(pool, log: log, origin: origin, keys: keys) { scan in
            // As of the same moment as the rows: what goes while they are read has its certificate later, and is there.
            let erasures = try await scan.certifiedErasures()
            let carried = erasures.isEmpty ? nil : try await scan.carriedBalances()
            var reading = ReplayReading(
                until: moment, gone: GoneEvents(erasures: erasures, tree: TreeReader(reader: reader)), carried: carried)
            try await scan.rows(before: head.nextPosition) { rows in
                try await reading.take(rows)
                progress(Progress(position: reading.next, size: head.nextPosition))
                return !reading.isOver
            }
            var report = reading.report
            report.accounts = reading.fold.accounts.merging(reading.fold.dormantAccounts) { folded, _ in folded }
            report.root = reading.tree.root()
            report.isComplete = moment == .now
            guard report.isComplete else { return report }
            if reading.tree.size != head.tree.size {
                report.found("the head says \(head.tree.size) events, the table holds \(reading.tree.size)")
            } else if report.root != head.root {
                report.found("the root over all rows is not the head's root")
            }
            try await compareStates(reading.fold, scan, in: &report)
            return report
        }
    }

    /// The inline projection against the fold. An account that was appended to since is left to the next replay.
    private func compareStates(_ fold: LogFold, _ scan: LogScan, in report: inout Report) async throws {
        var missing = report.accounts
        try await scan.streamHeads { page in
            for head in page {
                guard let stream = StreamID(head.stream) else { continue }
                let account = StreamKey(TenantID(head.tenant), stream)
                guard let folded = missing.removeValue(forKey: account) else { continue }
                let name = Self.name(account)
                let version = fold.streams[account]?.version ?? fold.newestCarried(of: account)?.version ?? .none
                if head.version < version.rawValue {
                    report.found("\(name): the head is at version \(head.version), not \(version.rawValue)")
                } else if head.version == version.rawValue, head.state.map({ Array($0.utf8) }) != folded.snapshot() {
                    report.found("\(name): the state in the head is not what the events add up to")
                }
            }
        }
        for account in missing.keys { report.found("\(Self.name(account)): the account has events and no head") }
    }

    private static func name(_ account: StreamKey) -> String {
        "\(account.tenant.rawValue.lowercaseText) \(account.stream.name)"
    }
}

extension Replay.Report {
    mutating func found(_ finding: String) {
        findingCount += 1
        if findings.count < Replay.maximumFindings { findings.append(finding) }
    }
}

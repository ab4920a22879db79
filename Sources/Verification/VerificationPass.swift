import Billing
package import EventStore
import TransparencyLog

/// One reading of the log from a position to its head. It may be read in several snapshots, the last of which ends it.
///
/// Owns all that is known of the streams, which is too much to be copied from snapshot to snapshot.
actor VerificationPass {
    enum Answers {
        case complete, derived
    }

    private let origin: String
    private let seen: SeenCheckpoint?
    private let key: NoteVerifier?
    private var check: LogCheck
    private var restorations: [LogRestoration] = []
    /// Events that the head accounted for when it was last looked at.
    private(set) var size: Int64

    /// Up to where it has come.
    var position: Int64 { check.next }
    var findings: Findings { check.findings }

    /// - Parameter tiles: what is before `from` is taken from there.
    init(
        _ snapshot: LogSnapshot, tiles: TreeReader, origin: String, from: LogPosition = LogPosition(0),
        seen: SeenCheckpoint?, key: NoteVerifier? = nil, answers: Answers
    ) async throws {
        self.origin = origin
        self.seen = seen
        self.key = key
        // What is wrong with the head is told at the end, of the head that is there then.
        var unused = Findings()
        let head = try await Self.head(
            snapshot, origin: origin, seen: seen, key: key, restorations: [], findings: &unused)
        size = Int64(head.size)
        guard (0...size).contains(from.rawValue) else {
            throw VerificationError.noSuchPosition(from, size: size)
        }
        let start = try await tiles.compactRange(size: UInt64(from.rawValue))
        var roots: [UInt64: TreeHash] = [:]
        for mark in head.marks where mark < start.size { roots[mark] = try await tiles.root(size: mark) }
        check = LogCheck(
            tree: try LogTree(from: start, marks: head.marks, roots: roots),
            extent: try await snapshot.tileExtent(size: size),
            answers: AnswerCheck(isComplete: answers == .complete, from: from.rawValue), findings: Findings())
        try await learn(snapshot)
    }

    /// What may be missing: policies, holds and certificates that stand in the log by now, and the balances that were
    /// carried forward.
    private func learn(_ snapshot: LogSnapshot) async throws {
        guard check.erasures.known < size else { return }
        let events = try await snapshot.retentionEvents(from: check.erasures.known)
        check.learn(events, size: size)
        restorations += events.compactMap(LogRestoration.init)
        if events.contains(where: { if case .swept = $0.event { true } else { false } }) {
            check.fold.know(try await snapshot.carriedBalances())
        }
    }

    /// Reads on. While a slice is taken, the next one is checked row by row, and the one after it fetched.
    nonisolated func read(
        with reader: SliceReader, upTo end: Int64, slice: Int64,
        progress: @escaping @Sendable (Int64) -> Void = { _ in }
    ) async throws {
        var next = Self.positions(from: await position, slice: slice, end: end)
        guard !next.isEmpty else { return }
        try await withThrowingTaskGroup(of: Step.self) { group in
            var stages = Stages()
            group.addTask { [next] in .fetched(try await reader.fetch(next)) }
            while let step = try await group.next() {
                switch step {
                case .fetched(let fetched):
                    stages.fetching = false
                    next = Self.positions(from: fetched.positions.upperBound, slice: slice, end: end)
                    stages.waiting += 1
                    group.addTask { .checked(try await reader.check(fetched)) }
                case .checked(let slice): stages.checked.append(slice)
                case .taken(let position):
                    stages.taking = false
                    stages.waiting -= 1
                    progress(position)
                }
                if !stages.taking, let slice = stages.nextToTake(at: await position) {
                    stages.taking = true
                    group.addTask { .taken(await self.take(slice)) }
                }
                if !stages.fetching, !next.isEmpty, stages.waiting < Stages.maximumWaiting {
                    stages.fetching = true
                    group.addTask { [next] in .fetched(try await reader.fetch(next)) }
                }
            }
        }
    }

    private func take(_ slice: LogSlice) -> Int64 {
        check.take(slice)
        return position
    }

    private enum Step: Sendable {
        case fetched(SliceReader.Fetched)
        case checked(LogSlice)
        case taken(Int64)
    }

    /// What is under way. One slice at a time is fetched, and one is taken.
    private struct Stages {
        /// Slices that were fetched and not taken yet.
        static let maximumWaiting = 3

        var fetching = true
        var taking = false
        var waiting = 0
        var checked: [LogSlice] = []

        mutating func nextToTake(at position: Int64) -> LogSlice? {
            checked.firstIndex { $0.positions.lowerBound == position }.map { checked.remove(at: $0) }
        }
    }

    /// Slices end where a tile does.
    private static func positions(from start: Int64, slice: Int64, end: Int64) -> Range<Int64> {
        start..<min(end, (start / slice + 1) * slice)
    }
}

extension VerificationPass {
    /// Compares what was read with what is kept beside the events. Everything up to the snapshot's head must have been
    /// read.
    func finish(
        _ snapshot: LogSnapshot, betweenPages: @Sendable () async throws -> Void = {}
    ) async throws -> VerificationReport {
        var findings = check.findings
        let head = try await Self.head(
            snapshot, origin: origin, seen: seen, key: key, restorations: restorations, findings: &findings)
        check.findings = findings
        check.finish(head, beyond: try await snapshot.eventsBeyond(Int64(head.size)))
        var page: [StreamHeadRow] = []
        repeat {
            page = try await snapshot.streamHeads(after: page.last)
            check.take(page)
            try await betweenPages()
        } while page.count == LogSnapshot.pageSize
        check.finishStreams()
        return VerificationReport(
            from: LogPosition(check.start), size: head.size, root: check.tree?.root() ?? MerkleTree.emptyRoot,
            signer: head.head.signer, streams: check.fold.streams.count, accounts: check.fold.accounts.count,
            seals: check.seals, answers: check.answers.count, earlierSize: seen?.checkpoint.size,
            restorations: restorations, findings: check.findings,
            checkpoint: check.findings.isEmpty ? head.checkpoint : nil)
    }

    /// How many events there are now.
    func lookAgain(_ snapshot: LogSnapshot) async throws -> Int64 {
        size = max(0, try await snapshot.head().size)
        try await learn(snapshot)
        return size
    }

    func isBehind(_ events: Int64) -> Bool { size - position > events }

    private static func head(
        _ snapshot: LogSnapshot, origin: String, seen: SeenCheckpoint?, key: NoteVerifier?,
        restorations: [LogRestoration], findings: inout Findings
    ) async throws -> HeadCheck {
        var head = HeadCheck(try await snapshot.head(), origin: origin, findings: &findings)
        head.take(restorations, findings: &findings)
        head.take(try await snapshot.handovers(), key: key, seen: seen, findings: &findings)
        head.take(try await snapshot.cosignatures(), findings: &findings)
        if let seen { head.take(seen, findings: &findings) }
        return head
    }
}

/// Why a log can't be verified as asked.
package enum VerificationError: Error, Sendable, CustomStringConvertible {
    case noSuchPosition(LogPosition, size: Int64)

    package var description: String {
        switch self {
        case .noSuchPosition(let position, let size):
            "there is no position \(position.rawValue) in a log of \(size) events"
        }
    }
}

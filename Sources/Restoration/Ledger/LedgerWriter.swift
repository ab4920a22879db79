import Billing
import DurableFiles
package import EventStore
import TransparencyLog

/// Writes what a restore must not undo out of the log into the ledger. Writing it again changes nothing; a process that
/// dies leaves it as it was, or with some entries more.
package actor LedgerWriter {
    private static let page = 1_000
    /// While another process writes.
    private static let attempts = 50
    private static let pause = Duration.milliseconds(100)

    private nonisolated let queue = BlockingQueue(label: "erasure-ledger")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

    package nonisolated let path: String
    private let reader: LogReader
    private let tree: TreeReader
    private let receipts: Receipts
    private let keys: LogKeyHistory

    /// - Parameter reader: with a role that sees all tenants.
    package init(path: String, reader: LogReader) {
        self.path = path
        self.reader = reader
        tree = TreeReader(reader: reader)
        receipts = Receipts(reader: reader)
        keys = LogKeyHistory(reader: reader)
    }

    /// Brings the ledger up to date with the log.
    ///
    /// - Returns: before which position everything that belongs into it is in it, and on the disk.
    /// - Throws: ``RestoreRefusal`` if it can't be written, or the log does not follow from it.
    @discardableResult
    package func write() async throws -> LogPosition {
        let folder = try await lock()
        let known = try folder.head()
        let log = try await reader.head()
        let size = Int64(log.tree.size)
        if let known {
            guard known.size <= size else { throw RestoreRefusal.behind(size: size, ledger: known.size) }
            guard try await tree.root(size: UInt64(known.size)) == known.checkpoint.unverified.root else {
                throw RestoreRefusal.otherHistory(size: size, ledger: known.size)
            }
        }
        let next = try await extend(folder, log, generation: known?.generation ?? 1, from: known)
        if next.bytes != known?.bytes { try folder.replace(next) }
        return LogPosition(next.size)
    }

    /// Begins the ledger anew with the history that the log has now. The old one is kept beside it.
    ///
    /// - Parameter lost: the ledger that the log does not follow from.
    package func beginAnew(after lost: LedgerHead) async throws {
        let folder = try await lock()
        guard let known = try folder.head(), known.bytes == lost.bytes else {
            throw RestoreRefusal.unusable("\(path): somebody else has written to it")
        }
        let log = try await reader.head()
        let next = try await extend(folder, log, generation: known.generation + 1, from: nil)
        try folder.retire(known)
        try folder.replace(next)
    }

    /// Writes the entries that the ledger lacks, and returns what its head is then.
    private func extend(
        _ folder: LedgerFolder, _ log: LogHead, generation: Int64, from known: LedgerHead?
    ) async throws -> LedgerHead {
        let checkpoint = try SignedCheckpoint(parsing: Array(log.checkpoint.utf8))
        let signer = try NoteVerifier(parsing: log.signer)
        var (count, digest) = (known?.count ?? 0, known?.digest ?? LedgerDigest())
        let name = known?.folder ?? "entries-\(generation)"
        guard let entries = try folder.entries(of: name, making: true) else {
            throw RestoreRefusal.unusable("\(path)/\(name)")
        }
        var next = LogPosition(known?.size ?? 0)
        var since = EventTime(microseconds: 0)
        while next < log.nextPosition {
            let page = try await reader.events(
                of: .system, at: next..<log.nextPosition, since: since, limit: Self.page)
            let kept = page.filter { event in EventCatalog.type(named: event.type).map(LedgerEntry.isKept) ?? false }
            for proof in try await receipts.receipts(of: kept, under: checkpoint) {
                let bytes = proof.encoded()
                try entries.write(LogPosition(Int64(proof.index)), bytes)
                digest.take(bytes)
                count += 1
            }
            guard page.count == Self.page, let last = page.last else { break }
            (next, since) = (LogPosition(last.position.rawValue + 1), last.recordedAt)
        }
        return LedgerHead(
            generation: generation, checkpoint: checkpoint, signer: signer, count: count, digest: digest,
            handovers: try await keys.all())
    }

    /// The folder, alone.
    private func lock() async throws -> LedgerFolder {
        for _ in 1..<Self.attempts {
            if let folder = try LedgerFolder.ifFree(path) { return folder }
            try await Task.sleep(for: Self.pause)
        }
        return try LedgerFolder(path, writing: true)
    }
}

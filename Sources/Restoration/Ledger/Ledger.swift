package import EventStore
package import TransparencyLog

/// A ledger that was read and verified.
package struct Ledger: Sendable {
    package enum Extent: Sendable {
        /// Every entry: that all of them are there, and each of them holds.
        case all
        /// The head, and whatever was written after it.
        case newest
    }

    package let path: String
    package let head: LedgerHead
    /// That were read, in the order of the log.
    package let entries: [LedgerEntry]
    /// The largest checkpoint of all.
    package let checkpoint: SignedCheckpoint
    package let signer: NoteVerifier
    /// That have signed in it, or handed over.
    package let signers: Set<NoteVerifier>

    package var size: Int64 { Int64(checkpoint.unverified.size) }

    /// Nil if there is nothing in the folder.
    ///
    /// - Parameter roots: the keys of the log that are known from elsewhere.
    /// - Throws: ``RestoreRefusal/unusable(_:)``, ``RestoreRefusal/damaged(_:)``.
    package static func read(
        _ path: String, origin: String, roots: some Sequence<NoteVerifier>, handovers: [LogKeyHistory.Handover],
        extent: Extent = .all
    ) throws(RestoreRefusal) -> Ledger? {
        let folder = try LedgerFolder(path, writing: false)
        guard let head = try folder.head() else { return nil }
        return try Ledger(
            folder, head, origin: origin, keys: TrustedKeys(roots: roots, handovers: handovers + head.handovers), extent
        )
    }

    private init(
        _ folder: LedgerFolder, _ head: LedgerHead, origin: String, keys: TrustedKeys, _ extent: Extent
    ) throws(RestoreRefusal) {
        guard head.checkpoint.unverified.origin.utf8.elementsEqual(origin.utf8) else {
            throw .damaged("it is of the log \(head.checkpoint.unverified.origin), not of \(origin)")
        }
        guard keys.verifiers.contains(head.signer) else {
            throw .damaged("its newest checkpoint is signed by \(head.signer.text), which is no key of the log")
        }
        guard let policy = try? TrustPolicy(log: head.signer), (try? policy.verify(head.checkpoint)) != nil else {
            throw .damaged("the signature of its newest checkpoint does not hold")
        }
        var entries: [LedgerEntry] = []
        var (count, digest) = (Int64(0), LedgerDigest())
        if let files = try folder.entries(of: head.folder, making: false) {
            for position in try files.positions() {
                let isCovered = position.rawValue < head.size
                if isCovered { count += 1 }
                guard extent == .all || !isCovered else { continue }
                let bytes = try files.read(position)
                if isCovered { digest.take(bytes) }
                entries.append(
                    try LedgerEntry(bytes, file: LedgerEntry.file(position), origin: origin, keys: keys))
            }
        }
        guard count == head.count else { throw .damaged("it has \(count) entries, and should have \(head.count)") }
        if extent == .all {
            try Self.requireNoGaps(entries)
            guard digest == head.digest else { throw .damaged("its entries are not those that were written") }
        }
        path = folder.path
        self.head = head
        self.entries = entries
        let newest = entries.max { $0.checkpoint.unverified.size < $1.checkpoint.unverified.size }
        if let newest, newest.checkpoint.unverified.size > head.checkpoint.unverified.size {
            (checkpoint, signer) = (newest.checkpoint, newest.signer)
        } else {
            (checkpoint, signer) = (head.checkpoint, head.signer)
        }
        signers = Set(entries.map(\.signer)).union([head.signer])
            .union(head.handovers.flatMap { [$0.old, $0.new] }.compactMap { try? NoteVerifier(parsing: $0) })
    }

    /// Streams have no gaps, so none of their entries is kept back but the newest.
    private static func requireNoGaps(_ entries: [LedgerEntry]) throws(RestoreRefusal) {
        var versions: [StreamID: StreamVersion] = [:]
        for entry in entries {
            let expected = versions[entry.stream, default: .none].next
            guard entry.version == expected else {
                throw .damaged(
                    "position \(entry.position.rawValue) is version \(entry.version.rawValue) of \(entry.stream.name), "
                        + "after version \(expected.rawValue - 1)")
            }
            versions[entry.stream] = entry.version
        }
    }
}

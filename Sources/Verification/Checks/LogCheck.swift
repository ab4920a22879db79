import Billing
import EventStore
import TransparencyLog

/// Some positions of the log with all that is kept about them, each row checked on its own.
struct LogSlice: Sendable {
    let positions: Range<Int64>
    /// In their order, in parts.
    let rows: [[CheckedRow]]
    let tiles: StoredTiles
    let answers: [StoredAnswer]
}

/// The log read in the order of positions: each event against those before it, the tree against the tiles, the answers
/// against their events.
struct LogCheck: Sendable {
    /// Where it began. What is before was taken from the tiles.
    let start: Int64
    private(set) var next: Int64
    private(set) var newest: EventTime?
    var fold: LogFold
    var answers: AnswerCheck
    /// Nil once an entry is missing.
    private(set) var tree: LogTree?
    /// Up to where full bundles bear out the entries, without a break.
    private(set) var provenUpTo: Int64
    let extent: TileExtent
    var erasures: ErasureCheck
    var findings: Findings
    /// Sealed events that came by.
    private(set) var seals = SealCount()

    init(
        tree: LogTree, extent: TileExtent, answers: AnswerCheck, findings: Findings
    ) {
        start = Int64(tree.size)
        next = start
        provenUpTo = start
        self.tree = tree
        self.extent = extent
        self.answers = answers
        self.findings = findings
        erasures = ErasureCheck(from: start)
        fold = LogFold(isWhole: start == 0)
    }

    mutating func take(_ slice: LogSlice) {
        answers.take(slice.answers, findings: &findings)
        var entries: [TreeHash?] = []
        entries.reserveCapacity(slice.positions.count)
        for part in slice.rows {
            for index in part.indices { take(next: part[index], in: slice, entries: &entries) }
        }
        if next < slice.positions.upperBound { miss(next..<slice.positions.upperBound, in: slice, entries: &entries) }
        compareBundles(slice, entries)
    }

    mutating func learn(_ events: [RetentionEvent], size: Int64) {
        erasures.learn(events, next: next, size: size, findings: &findings)
    }

    // MARK: Rows

    private mutating func take(next row: CheckedRow, in slice: LogSlice, entries: inout [TreeHash?]) {
        guard row.position >= next else { return findings.add(at: row.position, "the position is there twice") }
        if row.position > next { miss(next..<row.position, in: slice, entries: &entries) }
        take(row, in: slice, entries: &entries)
        next = row.position + 1
    }

    private mutating func take(_ row: CheckedRow, in slice: LogSlice, entries: inout [TreeHash?]) {
        for fault in row.faults { findings.add(at: row.position, fault) }
        entries.append(row.entry)
        grow(row.entry == nil ? nil : row.leaf, in: slice)
        seals.take(row)
        guard let header = row.header else { return answers.skip(row.position) }
        if let newest, header.recordedAt < newest {
            findings.add(at: row.position, "its time is before that of the event before it")
        }
        newest = header.recordedAt
        if erasures.isCertified(row.position) {
            findings.add(at: row.position, "the event is there, and certified to be gone")
        }
        let contradictions = fold.take(
            row.decoded, at: LogPosition(row.position), of: header.stream, header.version, in: header.retention,
            erased: erasures.gone(header.retention, for: header.stream))
        for contradiction in contradictions { findings.add(at: row.position, contradiction) }
        if let decoded = row.decoded {
            answers.take(
                row, header, decoded,
                account: { fold.account($0, erased: erasures.gone(.billing, for: $0)) }, findings: &findings)
        } else {
            answers.skip(row.position)
        }
    }

    /// No row is there: it may be gone by right. The tile still tells the entry, so that the rest of the tree can be
    /// compared.
    private mutating func miss(_ positions: Range<Int64>, in slice: LogSlice, entries: inout [TreeHash?]) {
        var missing: Range<Int64>?
        for position in positions {
            entries.append(nil)
            let entry = slice.tiles.bundles[position >> 8].flatMap { TreeHash.entry(Int(position & 255), of: $0) }
            grow(entry.map { MerkleTree.leafHash(of: $0) }, in: slice)
            let isGone = erasures.miss(position, entry: entry, after: newest)
            answers.skip(position, isGone: isGone)
            if isGone {
                tell(missing)
                missing = nil
            } else {
                missing = (missing?.lowerBound ?? position)..<position + 1
            }
        }
        tell(missing)
        next = positions.upperBound
    }

    private mutating func tell(_ missing: Range<Int64>?) {
        guard let missing else { return }
        findings.add(
            at: missing.lowerBound,
            missing.count == 1
                ? "the event is missing" : "the events up to position \(missing.upperBound - 1) are missing")
    }

    // MARK: The tree

    private mutating func grow(_ leaf: TreeHash?, in slice: LogSlice) {
        guard let leaf else {
            tree = nil
            return
        }
        // Once, below, so that a tree that is whole is changed in place.
        var found: [LogTree.Subtree] = []
        tree?.append(leaf) { found.append($0) }
        for subtree in found { compare(subtree, in: slice) }
    }

    private mutating func compare(_ subtree: LogTree.Subtree, in slice: LogSlice) {
        let place = subtree.place
        let last = (place.index + 1) << Int64(8 * place.level) - 1
        let name = "the root of tile \(place.index) of level \(place.level - 1)"
        if let stored = slice.tiles.subtrees[place] {
            if stored != subtree.root.bytes { findings.add(at: last, "\(name) is not the one that is kept") }
        } else if place.index <= extent.newest[place.level] {
            findings.add(at: last, "\(name) is not kept, although later ones are")
        }
    }

    private mutating func compareBundles(_ slice: LogSlice, _ entries: [TreeHash?]) {
        let first = slice.positions.lowerBound
        for index in first >> 8..<(slice.positions.upperBound + 255) >> 8 {
            let positions = max(first, index << 8)..<min(slice.positions.upperBound, (index + 1) << 8)
            guard let bundle = slice.tiles.bundles[index] else {
                if index <= extent.newest[0] {
                    findings.add(at: index << 8, "bundle \(index) is not kept, although later ones are")
                }
                continue
            }
            let wrong = Self.differences(positions, from: first, entries, bundle)
            if let position = wrong.first {
                let more = wrong.count == 1 ? "" : ", and \(wrong.count - 1) more of it"
                findings.add(at: position, "the entry is not the one in bundle \(index)\(more)")
            } else if provenUpTo == positions.lowerBound {
                provenUpTo = positions.upperBound
            }
        }
    }
}

extension LogCheck {
    /// Positions whose entry is not the one in the bundle. A row that is missing was told already.
    private static func differences(
        _ positions: Range<Int64>, from first: Int64, _ entries: [TreeHash?], _ bundle: [UInt8]
    ) -> [Int64] {
        bundle.withUnsafeBytes { bundle in
            positions.filter { position in
                guard let entry = entries[Int(position - first)] else { return false }
                let start = Int(position & 255) * TreeHash.byteCount
                guard start + TreeHash.byteCount <= bundle.count else { return true }
                let kept = UnsafeRawBufferPointer(rebasing: bundle[start..<start + TreeHash.byteCount])
                return TreeHash(bytes: kept) != entry
            }
        }
    }
}

extension TreeHash {
    /// An entry of a bundle as it is kept, 32 bytes each.
    fileprivate static func entry(_ index: Int, of bundle: [UInt8]) -> TreeHash? {
        guard bundle.count >= (index + 1) * byteCount else { return nil }
        return TreeHash(bundle[index * byteCount..<(index + 1) * byteCount])
    }
}

/// A proof that an entry is in a log, for reading without network: c2sp.org/tlog-proof.
///
/// A value of this type is well-formed and nothing more; see `ReceiptVerifier`.
public struct ProofFile: Sendable, Equatable {
    /// A larger file is refused unread: the largest note, and as much again for the extra data.
    public static let maximumByteCount = 2 * Note.maximumByteCount
    /// A tree of 2^63 - 1 leaves has no longer path.
    public static let maximumPathLength = 63

    /// Data for the reader, which nothing in the file vouches for; empty if there is none.
    public let extra: [UInt8]
    /// The index of the leaf.
    public let index: UInt64
    /// From the leaf's sibling to the child of the root.
    public let path: [TreeHash]
    public let checkpoint: SignedCheckpoint

    public init(
        extra: [UInt8] = [], index: UInt64, path: [TreeHash], checkpoint: SignedCheckpoint
    ) throws(ProofFileError) {
        guard index < Checkpoint.maximumSize else { throw .invalidIndex }
        guard path.count <= Self.maximumPathLength else { throw .pathTooLong }
        self.extra = extra
        self.index = index
        self.path = path
        self.checkpoint = checkpoint
        guard encoded().count <= Self.maximumByteCount else { throw .tooLarge }
    }
}

extension ProofFile {
    /// Reads a file. `encoded()` gives the same bytes again.
    public init(parsing bytes: some Collection<UInt8>) throws(ProofFileError) {
        guard bytes.count <= Self.maximumByteCount else { throw .tooLarge }
        var lines = LineScanner(Array(bytes)[...])
        guard let header = lines.next(), header.elementsEqual(Self.header.utf8) else { throw .invalidHeader }
        guard var line = lines.next() else { throw .invalidIndex }
        var extra: [UInt8] = []
        if let text = line.dropping(prefix: "extra ") {
            // Without extra data there is no such line.
            guard let decoded = Base64.decode(text), !decoded.isEmpty else { throw .invalidExtra }
            guard let next = lines.next() else { throw .invalidIndex }
            (extra, line) = (decoded, next)
        }
        self.extra = extra
        guard let digits = line.dropping(prefix: "index "),
            let index = Decimal.parse(digits, maximum: Checkpoint.maximumSize - 1)
        else { throw .invalidIndex }
        self.index = index
        var path: [TreeHash] = []
        while true {
            guard let line = lines.next() else { throw .invalidHash }
            if line.isEmpty { break }
            guard path.count < Self.maximumPathLength else { throw .pathTooLong }
            guard let hash = TreeHash(base64: line) else { throw .invalidHash }
            path.append(hash)
        }
        self.path = path
        do { checkpoint = try SignedCheckpoint(parsing: lines.rest) } catch { throw .checkpoint(error) }
    }

    public func encoded() -> [UInt8] {
        var text = Self.header + "\n"
        if !extra.isEmpty { text += "extra \(Base64.encode(extra))\n" }
        text += "index \(index)\n"
        for hash in path { text += hash.base64 + "\n" }
        return Array(text.utf8) + [UInt8(ascii: "\n")] + checkpoint.encoded()
    }

    private static let header = "c2sp.org/tlog-proof@v1"
}

/// Why something is not a proof file.
public enum ProofFileError: Error, Sendable, Equatable {
    case tooLarge
    case invalidHeader
    case invalidExtra
    case invalidIndex
    /// A line of the path is not a hash, or no empty line ends the path.
    case invalidHash
    case pathTooLong
    case checkpoint(CheckpointError)
}

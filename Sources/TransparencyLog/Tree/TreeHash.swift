/// One SHA-256 value in the tree: of a leaf, of a node, of a root, or the commitment that is an entry.
///
/// The 32 bytes are held inline, so that a tree in memory is one allocation and not one for every hash.
public struct TreeHash: Sendable, Hashable {
    public static let byteCount = 32

    // The bytes in memory order; the words never take part in arithmetic.
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// Nil unless there are exactly 32 bytes.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
    }

    /// The same from memory, without going through a collection.
    package init?(bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.byteCount else { return nil }
        self.init(unchecked: bytes)
    }

    /// The bytes as an array. In loops prefer `withUnsafeBytes`, which copies nothing.
    public var bytes: [UInt8] {
        withUnsafeBytes { Array($0) }
    }

    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try Swift.withUnsafeBytes(of: words, body)
    }

    public static func == (left: TreeHash, right: TreeHash) -> Bool {
        left.words == right.words
    }

    public func hash(into hasher: inout Hasher) {
        withUnsafeBytes { hasher.combine(bytes: $0) }
    }

    /// - Precondition: `bytes` has 32 bytes.
    init(unchecked bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count == Self.byteCount)
        withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: bytes) }
    }
}

/// The place of a perfect subtree: the 2^level leaves from index · 2^level on. At level 0 it is a leaf.
///
/// Such a node, once all its leaves are there, never changes; all of a log's hashes can be kept by it.
public struct TreeNode: Sendable, Hashable {
    public let level: Int
    public let index: UInt64

    public init(level: Int, index: UInt64) {
        self.level = level
        self.index = index
    }

    /// The perfect subtrees that cover the leaves of a range, the largest first.
    ///
    /// - Precondition: the range is one into which RFC 9162 section 2.1.1 divides a tree: its start is a multiple of
    ///   the smallest power of two that is not below its length.
    static func covering(_ range: Range<UInt64>) -> [TreeNode] {
        var nodes: [TreeNode] = []
        var start = range.lowerBound
        while start < range.upperBound {
            let level = UInt64.bitWidth - 1 - (range.upperBound - start).leadingZeroBitCount
            assert(start.trailingZeroBitCount >= level)
            nodes.append(TreeNode(level: level, index: start >> UInt64(level)))
            start += 1 << UInt64(level)
        }
        return nodes
    }
}

/// Positions of a log: as a bitmap where they lie close together, as a list where they don't.
package struct PositionSet: Sendable, Hashable {
    private enum Form: Hashable {
        /// The highest bit of a byte first.
        case bits([UInt8])
        /// In their order.
        case list([Int64])
    }

    package let first: Int64
    /// Beyond which there are none (exclusive).
    package let end: Int64
    private let form: Form

    /// - Parameter bits: from the first position on, the highest bit of a byte first.
    package init(first: Int64, bits: [UInt8]) {
        self.first = first
        end = first + Int64(bits.count) * 8
        form = .bits(bits)
    }

    /// Nil if they are not in their order, or there is none.
    package init?(list: [Int64]) {
        guard let first = list.first, let last = list.last, first >= 0, last < .max,
            zip(list, list.dropFirst()).allSatisfy({ $0 < $1 })
        else { return nil }
        self.first = first
        end = last + 1
        form = .list(list)
    }

    package var count: Int64 {
        switch form {
        case .bits(let bits): bits.reduce(0) { $0 + Int64($1.nonzeroBitCount) }
        case .list(let list): Int64(list.count)
        }
    }

    package func contains(_ position: Int64) -> Bool {
        guard position >= first, position < end else { return false }
        switch form {
        case .bits(let bits):
            let offset = Int(position - first)
            return bits[offset >> 3] & (0x80 >> UInt8(offset & 7)) != 0
        case .list(let list):
            var range = list.startIndex..<list.endIndex
            while !range.isEmpty {
                let middle = range.lowerBound + range.count / 2
                if list[middle] == position { return true }
                range = list[middle] < position ? middle + 1..<range.upperBound : range.lowerBound..<middle
            }
            return false
        }
    }
}

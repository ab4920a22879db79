/// The number of a grant within its account: 1, 2, 3… in order of granting, without gaps.
public struct GrantNumber: Sendable, Hashable, Comparable {
    /// The number, from 1.
    public let rawValue: UInt32

    /// Wraps a number.
    public init(_ rawValue: UInt32) {
        self.rawValue = rawValue
    }

    public static func < (lhs: GrantNumber, rhs: GrantNumber) -> Bool {
        lhs.rawValue < rhs.rawValue
    }

    /// Where an account keeps the grant; −1 for the impossible number 0.
    var index: Int {
        Int(rawValue) - 1
    }
}

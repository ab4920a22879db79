/// An amount of whole credits. There are no fractions of a credit, and no currency is implied.
///
/// A value of this type may be negative, because it may come from outside; no amount inside an ``AccountState`` ever
/// is.
public struct Credits: Sendable, Hashable, Comparable {
    /// The number of credits.
    public let rawValue: Int64

    /// No credits.
    public static let zero = Credits(0)

    /// Wraps a number of credits. Any number is accepted here; ``decide(_:_:now:)`` refuses one that is out of range.
    public init(_ rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// The sum. Throws ``CreditError/overflow`` if it is negative or does not fit.
    public func adding(_ other: Credits) throws(CreditError) -> Credits {
        let (sum, overflow) = rawValue.addingReportingOverflow(other.rawValue)
        guard !overflow, sum >= 0 else { throw .overflow }
        return Credits(sum)
    }

    /// The difference. Throws ``CreditError/overflow`` if it is negative or does not fit.
    public func subtracting(_ other: Credits) throws(CreditError) -> Credits {
        let (difference, overflow) = rawValue.subtractingReportingOverflow(other.rawValue)
        guard !overflow, difference >= 0 else { throw .overflow }
        return Credits(difference)
    }

    public static func < (lhs: Credits, rhs: Credits) -> Bool {
        lhs.rawValue < rhs.rawValue
    }
}

/// Plain arithmetic for amounts that an invariant of ``AccountState`` already bounds by the total granted. Amounts
/// from outside go through the checked functions above.
extension Credits {
    static func + (lhs: Credits, rhs: Credits) -> Credits {
        Credits(lhs.rawValue + rhs.rawValue)
    }

    static func - (lhs: Credits, rhs: Credits) -> Credits {
        Credits(lhs.rawValue - rhs.rawValue)
    }

    static func += (lhs: inout Credits, rhs: Credits) {
        lhs = lhs + rhs
    }

    static func -= (lhs: inout Credits, rhs: Credits) {
        lhs = lhs - rhs
    }
}

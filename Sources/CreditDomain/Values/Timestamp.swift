/// A point in time: whole microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// Nothing here reads a clock; a time always comes from the caller.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Microseconds since 1970-01-01T00:00:00Z; negative before it.
    public let microseconds: Int64

    /// Wraps a number of microseconds since 1970-01-01T00:00:00Z.
    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// The time `seconds` later, or earlier when negative. Throws ``CreditError/overflow`` if it cannot be represented.
    public func adding(seconds: Int64) throws(CreditError) -> Timestamp {
        let (delta, tooLong) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, tooLate) = microseconds.addingReportingOverflow(delta)
        guard !tooLong, !tooLate else { throw .overflow }
        return Timestamp(microseconds: sum)
    }

    public static func < (lhs: Timestamp, rhs: Timestamp) -> Bool {
        lhs.microseconds < rhs.microseconds
    }
}

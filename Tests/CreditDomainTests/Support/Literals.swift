public import CreditDomain

// Tests read better with plain numbers and names where only one type can be meant.

extension Credits: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int64) {
        self.init(value)
    }
}

extension GrantNumber: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: UInt32) {
        self.init(value)
    }
}

extension HoldID: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) {
        self.init(value)
    }
}

extension DebitID: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) {
        self.init(value)
    }
}

extension Timestamp {
    /// 2026-01-01T00:00:00Z, when the tests begin.
    static let start = Timestamp(microseconds: 1_767_225_600_000_000)

    /// So many seconds after the start.
    static func after(_ seconds: Int64) -> Timestamp {
        Timestamp(microseconds: start.microseconds + seconds * 1_000_000)
    }

    /// One microsecond earlier.
    var justBefore: Timestamp {
        Timestamp(microseconds: microseconds - 1)
    }
}

extension Allocation {
    static func of(_ grant: GrantNumber, _ units: Credits) -> Allocation {
        Allocation(grant: grant, units: units)
    }
}

package import EventStore

/// A day of the proleptic Gregorian calendar, in UTC: days since 1970-01-01. Retention knows no smaller unit.
package struct CivilDay: Sendable, Hashable, Comparable {
    package let number: Int64

    package init(number: Int64) {
        self.number = number
    }

    /// The day that a point in time falls into.
    package init(of time: EventTime) {
        number = Self.floored(time.microseconds, by: Self.microseconds)
    }

    /// Nil if the calendar has no such day.
    package init?(year: Int64, month: Int64, day: Int64) {
        guard (1...12).contains(month), (1...Self.length(ofMonth: month, in: year)).contains(day) else { return nil }
        number = Self.number(year, month, day)
    }

    /// Reads `YYYY-MM-DD`.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard text.utf8.count == 10, parts.map(\.utf8.count) == [4, 2, 2],
            parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let year = Int64(parts[0]), let month = Int64(parts[1]), let day = Int64(parts[2])
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// `YYYY-MM-DD`.
    package var text: String { String(start.text.prefix(10)) }

    /// Its first instant.
    package var start: EventTime { EventTime(microseconds: number * Self.microseconds) }

    package func adding(days: Int64) -> CivilDay {
        CivilDay(number: number + days)
    }

    /// The same day of a later or earlier month; where that month lacks the day, its last one.
    package func adding(months: Int64) -> CivilDay {
        let (year, month, day) = date
        let index = year * 12 + month - 1 + months
        let newYear = Self.floored(index, by: 12)
        let newMonth = index - newYear * 12 + 1
        return CivilDay(
            number: Self.number(newYear, newMonth, min(day, Self.length(ofMonth: newMonth, in: newYear))))
    }

    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }

    private static let microseconds: Int64 = 86_400_000_000

    /// Years that begin on 1 March end with the leap day, and 400 of them have 146,097 days.
    private var date: (year: Int64, month: Int64, day: Int64) {
        let shifted = number + 719_468
        let era = Self.floored(shifted, by: 146_097)
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let fromMarch = (5 * ofYear + 2) / 153
        let month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * fromMarch + 2) / 5 + 1)
    }

    private static func number(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = floored(shifted, by: 400)
        let yearOfEra = shifted - era * 400
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + ofYear - 719_468
    }

    private static func length(ofMonth month: Int64, in year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func floored(_ value: Int64, by divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }
}
